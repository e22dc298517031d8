"""A model with secrets for the tests of fields, isolated from the registry of models."""

from django.db import models
from django.test.utils import isolate_apps
from uuid_utils.compat import uuid7

from register.crypto.fields import BlindIndexField, EncryptedTextField
from register.crypto.files import WrappedKeyField

with isolate_apps("register.crypto"):

    class Secret(models.Model):
        """A row with an identity code that can be searched and an account that cannot."""

        id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
        identity_code = EncryptedTextField(null=True, blank=True, max_length=11)
        identity_code_index = BlindIndexField(source="identity_code", null=True)
        account = EncryptedTextField(null=True, blank=True)

        class Meta:
            app_label = "crypto"
            db_table = "secret_of_a_test"
            managed = False

    class Call(models.Model):
        """A row that owns an encrypted file."""

        id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
        stored_as = models.CharField(max_length=32)
        wrapped_key = WrappedKeyField(null=True)

        class Meta:
            app_label = "crypto"
            db_table = "call_of_a_test"
            managed = False

    class Numbered(models.Model):
        """A row whose key the database makes: no place for a secret."""

        code = EncryptedTextField(null=True)
        code_index = BlindIndexField(source="kode", null=True)

        class Meta:
            app_label = "crypto"
            managed = False
