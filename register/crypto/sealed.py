"""The value of an encrypted column in Python: it shows dots, and opens only when told to.

A plaintext that is printed, logged, cached or put on an error page has escaped; these objects
have no other way out than `reveal`, whose callers are pinned by a test.
"""

from collections.abc import Callable
from typing import Any, NoReturn, Self

from register.crypto.masking import SEALED
from register.crypto.sealing import RowId, UnableToOpen, open_sealed, version_of


class Dots(str):
    """What a secret prints as: always dots, yet unequal for two secrets, so that a change is seen."""

    _of: tuple[object, ...]

    @classmethod
    def of(cls, identity: tuple[object, ...]) -> Self:
        """Make the dots of a secret with this identity, which compares and is never shown."""
        dots = cls(SEALED)
        dots._of = identity
        return dots

    def __eq__(self, other: object) -> bool:
        return self._of == other._of if isinstance(other, Dots) else str.__eq__(self, str(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (SEALED,)


class Sealed:
    """A ciphertext with its place: table, column and, once it is known, row."""

    __slots__ = ("_ciphertext", "_column", "_row_id", "_table")

    def __init__(self, ciphertext: bytes, *, table: str, column: str, row_id: RowId | None = None) -> None:
        self._ciphertext = ciphertext
        self._table = table
        self._column = column
        self._row_id = row_id

    @property
    def ciphertext(self) -> bytes:
        """The bytes as stored."""
        return self._ciphertext

    @property
    def version(self) -> int:
        """The version of the key that it was sealed with."""
        return version_of(self._ciphertext)

    @property
    def row_id(self) -> RowId | None:
        """The row to which it belongs, None for one read by `values` and not bound yet."""
        return self._row_id

    def reveal(self) -> str:
        """Decrypt it.

        Raises: UnableToOpen, also when its row is not known.
        """
        if self._row_id is None:
            raise UnableToOpen
        return open_sealed(self._table, self._column, self._row_id, self._ciphertext)

    def masked(self, mask: Callable[[str], str]) -> str:
        """Return what the mask leaves of it."""
        return mask(self.reveal())

    def bound(self, row_id: RowId) -> "Sealed":
        """Return the same for this row, for a value read without its row by `values`."""
        return Sealed(self._ciphertext, table=self._table, column=self._column, row_id=row_id)

    def is_of(self, table: str, column: str, row_id: RowId | None) -> bool:
        """Whether this is its place, so that the ciphertext may be stored there as it is."""
        return (self._table, self._column) == (table, column) and self._row_id in (None, row_id)

    def __repr__(self) -> str:
        return SEALED

    def __str__(self) -> str:
        return Dots.of(self._identity())

    def __format__(self, spec: str) -> str:
        return SEALED

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sealed):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def _identity(self) -> tuple[object, ...]:
        return self._table, self._column, self._ciphertext


class Unsealed(Sealed):
    """A plaintext that was assigned and waits for its save to be sealed."""

    __slots__ = ("_instance", "_plaintext")

    def __init__(self, plaintext: str, *, table: str, column: str, instance: Any) -> None:
        super().__init__(b"", table=table, column=column)
        self._plaintext = plaintext
        self._instance = instance

    @property
    def row_id(self) -> RowId | None:
        """The key that its row has now."""
        return self._instance.pk

    @property
    def version(self) -> int:
        """No key yet."""
        return 0

    def reveal(self) -> str:
        """Return what was assigned."""
        return self._plaintext

    def belongs_to(self, instance: object) -> bool:
        """Whether it was assigned on this very instance."""
        return self._instance is instance

    def bound(self, row_id: RowId) -> "Sealed":
        """Return itself: its row is that of the instance."""
        return self

    def is_of(self, table: str, column: str, row_id: RowId | None) -> bool:
        """Return False: it has still to be sealed."""
        return False

    def __reduce__(self) -> NoReturn:
        raise TypeError("A value that is not sealed yet is never written anywhere.")

    def _identity(self) -> tuple[object, ...]:
        return self._table, self._column, self._plaintext
