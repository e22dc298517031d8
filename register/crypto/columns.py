"""Where sealed values stand: by table and column, for whoever needs to know which keys are in use."""

from django.apps import apps

from register.crypto.fields import BlindIndexField, EncryptedTextField
from register.crypto.files import WrappedKeyField


def sealed_columns() -> list[tuple[str, str]]:
    """Return table and column of each sealed value, index and wrapped key, whose first byte is the key's version."""
    return [
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField | BlindIndexField | WrappedKeyField) and field.column
    ]
