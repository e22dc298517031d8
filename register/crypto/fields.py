"""Model fields for secrets: an encrypted text, and the keyed index by which it is found exactly.

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity_code = EncryptedTextField(null=True, blank=True)
    identity_code_index = BlindIndexField(source="identity_code", null=True)

The row's key is bound into the ciphertext, so it must be known before the row is saved. A plain
string is assigned as to any field and sealed at save; `save(update_fields=…)` must name the index
beside its source. `QuerySet.update` of a secret is refused: it knows no row.
"""

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core import checks, exceptions
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.views.decorators.debug import sensitive_variables

from register.crypto.forms import SealedCharField
from register.crypto.masking import SEALED
from register.crypto.sealed import Sealed, Unsealed
from register.crypto.sealing import (
    UnableToOpen,
    compact,
    index_value,
    index_values,
    seal,
)

if TYPE_CHECKING:
    _EncryptedBase = models.Field[str | Sealed | None, Sealed | None]
    _IndexBase = models.BinaryField[bytes | None, bytes | None]
else:
    _EncryptedBase = models.Field
    _IndexBase = models.BinaryField


class SealedAttribute(DeferredAttribute):
    """Keeps Sealed in the instance, whatever is assigned, and tells it its row."""

    field: "EncryptedTextField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Unsealed):
            value = instance.__dict__[self.field.attname] = self.field.held(instance, value)
        elif isinstance(value, Sealed) and value.row_id is None and instance.pk is not None:
            value = instance.__dict__[self.field.attname] = value.bound(instance.pk)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.held(instance, value)


class BlindIndexAttribute(DeferredAttribute):
    """Gives the index of what was assigned to its source, also before that is saved."""

    field: "BlindIndexField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        source = instance.__dict__.get(self.field.source) if instance is not None else None
        if isinstance(source, Unsealed):
            return self.field.value_of(source.reveal())
        return super().__get__(instance, cls)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(_EncryptedBase):
    """A text that is stored encrypted and read as `Sealed`.

    `max_length` and validators are for the plaintext. The empty text is stored as NULL.
    """

    descriptor_class = SealedAttribute
    empty_strings_allowed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def get_internal_type(self) -> str:
        """Store as bytes."""
        return "BinaryField"

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Check as any field, and that the row's key is known before it is saved."""
        found = super().check(**kwargs)
        key = self.model._meta.pk
        if not key.has_default() and not key.is_relation:
            found.append(
                checks.Error(
                    "An encrypted field needs a primary key that is made before saving.",
                    hint="Give the model a UUIDField(primary_key=True, default=uuid7).",
                    obj=self,
                    id="crypto.E001",
                )
            )
        return found

    @sensitive_variables()
    def held(self, instance: Any, value: Any) -> Sealed | None:
        """Return what an instance keeps for an assigned value."""
        if isinstance(value, Sealed):
            if isinstance(value, Unsealed) and not value.belongs_to(instance):
                return self._unsealed(value.reveal(), instance)
            if value.row_id is None:
                key = instance.__dict__.get(self.model._meta.pk.attname)
                return value if key is None else value.bound(key)
            return value
        if isinstance(value, str) and value == SEALED:  # what the form sends back for "unchanged"
            return instance.__dict__.get(self.attname)
        if isinstance(value, str) and self._is_already(instance, value):
            return instance.__dict__[self.attname]
        if value is None or isinstance(value, str):
            self._expect_index(instance)
            return self._unsealed(value, instance) if value else None
        raise TypeError(f"{self.name} takes a text, not {type(value).__name__}.")

    def pre_save(self, model_instance: Any, add: bool) -> Sealed | None:
        """Seal what was assigned since, and leave only the sealed value in the instance."""
        value = model_instance.__dict__.get(self.attname)
        row_id = model_instance.pk
        if value is None or value.is_of(*self.place, row_id):
            return value
        return self._sealed(value, model_instance)

    def from_db_value(self, value: bytes | None, expression: Any, connection: Any) -> Sealed | None:
        """Wrap the stored bytes."""
        if value is None:
            return None
        table, column = self.place
        return Sealed(bytes(value), table=table, column=column)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Give the ciphertext to the database; a plaintext never gets there."""
        if value is None:
            return None
        if isinstance(value, Unsealed):
            value = self._sealed(value, value._instance)
        if isinstance(value, Sealed):
            return connection.Database.Binary(value.ciphertext)
        raise TypeError(f"{self.name} is encrypted: assign it on the instance and save that.")

    def get_lookup(self, lookup_name: str) -> Any:
        """Allow only the question whether there is a value."""
        if lookup_name != "isnull":
            raise exceptions.FieldError(
                f"{self.name} is encrypted: search by its blind index with blind_index_values()."
            )
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        """Allow none."""
        return None

    def to_python(self, value: Any) -> Any:
        """Leave it as it is: it is never turned into plaintext on the way."""
        return value

    @sensitive_variables()
    def run_validators(self, value: Any) -> None:
        """Validate a new plaintext; what is already sealed was validated then."""
        if isinstance(value, str):
            super().run_validators(value)
        elif isinstance(value, Unsealed):
            super().run_validators(value.reveal())

    def value_to_string(self, obj: Any) -> str:
        """Show dots to serializers."""
        return SEALED

    def formfield(self, **kwargs: Any) -> Any:
        """Edit it in a field that never shows what is stored."""
        return super().formfield(**{"form_class": SealedCharField, "max_length": self.max_length, **kwargs})

    def _unsealed(self, plaintext: str, instance: Any) -> Unsealed:
        table, column = self.place
        return Unsealed(plaintext, table=table, column=column, instance=instance)

    @sensitive_variables()
    def _sealed(self, value: Sealed, instance: Any) -> Sealed:
        row_id = instance.pk
        if row_id is None:
            raise ValueError(f"{self.name} is encrypted: its row needs its key before saving.")
        plaintext, (table, column) = value.reveal(), self.place
        ciphertext = seal(table, column, row_id, plaintext)
        sealed = Sealed(ciphertext, table=table, column=column, row_id=row_id)
        instance.__dict__[self.attname] = sealed
        for index in self.indexes():
            instance.__dict__[index.attname] = index.value_of(plaintext)
        return sealed

    @property
    def place(self) -> tuple[str, str]:
        """Table and column, to which each value is bound."""
        return self.model._meta.db_table, self.column or self.attname

    def indexes(self) -> "list[BlindIndexField]":
        """Return the blind indexes of this field."""
        return [
            other
            for other in self.model._meta.concrete_fields
            if isinstance(other, BlindIndexField) and other.source == self.name
        ]

    @sensitive_variables()
    def _is_already(self, instance: Any, plaintext: str) -> bool:
        """Whether the instance holds just this, sealed: then nothing changes, and no log says so."""
        kept = instance.__dict__.get(self.attname)
        if not isinstance(kept, Sealed):
            return False
        try:
            return hmac.compare_digest(kept.reveal().encode(), plaintext.encode())
        except UnableToOpen:
            return False

    def _expect_index(self, instance: Any) -> None:
        # A deferred index is left out of a save: with a value in its place it is written too.
        for index in self.indexes():
            instance.__dict__.setdefault(index.attname, None)


class BlindIndexField(_IndexBase):
    """The keyed hash of an encrypted field: a byte of key version, then 16 of HMAC-SHA-256.

    It follows its source at save. `normalise` makes one form of what people write differently
    (by default capitals without spaces); it is no part of migrations.
    """

    descriptor_class = BlindIndexAttribute

    def __init__(
        self,
        *args: Any,
        source: str = "",
        normalise: Callable[[str], str] = compact,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)
        self.source = source
        self.normalise = normalise

    def deconstruct(self) -> Any:
        """Add the source."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "source": self.source}

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Check as any field, and that the source is an encrypted field of the model."""
        found = super().check(**kwargs)
        fields = {field.name: field for field in self.model._meta.concrete_fields}
        if not isinstance(fields.get(self.source), EncryptedTextField):
            found.append(
                checks.Error(
                    f"The source {self.source!r} of a blind index is no encrypted field here.",
                    obj=self,
                    id="crypto.E002",
                )
            )
        return found

    @property
    def place(self) -> str:
        """The name under which its key is derived: "table.column"."""
        return f"{self.model._meta.db_table}.{self.column}"

    @sensitive_variables()
    def value_of(self, plaintext: str) -> bytes:
        """Return the index of a plaintext under the current key."""
        return index_value(self.place, self.normalise(plaintext))

    def pre_save(self, model_instance: Any, add: bool) -> bytes | None:
        """Make the index anew where the source is new."""
        kept: bytes | None = model_instance.__dict__.get(self.attname)
        if self.source not in model_instance.__dict__:
            return kept
        source = getattr(model_instance, self.source)
        if source is None:
            value = None
        elif isinstance(source, Unsealed) or not kept:
            value = self.value_of(source.reveal())
        else:
            value = kept
        model_instance.__dict__[self.attname] = value
        return value


@sensitive_variables()
def blind_index_values(model: type[models.Model], field: str, plaintext: str) -> list[bytes]:
    """Return the values to look for, one under each live key: `filter(<field>__in=…)`."""
    index = model._meta.get_field(field)
    if not isinstance(index, BlindIndexField):
        raise TypeError(f"{field} is no blind index.")
    return index_values(index.place, index.normalise(plaintext))
