"""The form field of an encrypted value: it shows dots and leaves the value unless it is retyped."""

from typing import Any

from django import forms

from register.crypto.masking import SEALED
from register.crypto.sealed import Sealed


class SealedCharField(forms.CharField):
    """A text whose stored value is never rendered; the dots sent back mean "unchanged"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("autocomplete", "off")

    def prepare_value(self, value: Any) -> Any:
        """Render dots for what is stored."""
        return SEALED if isinstance(value, Sealed) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether something else than the dots was sent."""
        if isinstance(initial, Sealed):
            return data != SEALED
        return super().has_changed(initial, data)

    def clean(self, value: Any) -> Any:
        """Return the plaintext, or the dots when the stored value stays."""
        return value if value == SEALED else super().clean(value)
