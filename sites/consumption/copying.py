"""Day rows in the binary form of PostgreSQL's COPY, made for thousands of days at once.

Source: PostgreSQL manual, COPY, "Binary Format"; the send functions of arrays.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sites.consumption.rows import GAP, NO_WORD, DayRows, Place

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
COLUMNS = ("site_id", "day", "series", "resolution_min", "controller_id", "import_run_id", "wh", "quality")
INTEGER_OID, SMALLINT_OID = 23, 21
POSTGRES_EPOCH = 10_957  # the days from 1970 to 2000
ROWS_A_PIECE = 2_000


class Portion(NamedTuple):
    """What one import stores: its key, its days, and the places that the days index."""

    import_id: uuid.UUID | None
    days: Sequence[DayRows]
    places: Sequence[Place]


def copy_pieces(portions: Iterable[Portion]) -> Iterator[bytes]:
    """Give all that COPY … (FORMAT binary) wants for these days, piece by piece."""
    yield HEADER
    for portion in portions:
        for rows in portion.days:
            for start in range(0, len(rows), ROWS_A_PIECE):
                yield _piece(rows, slice(start, start + ROWS_A_PIECE), portion)
    yield TRAILER


def _piece(rows: DayRows, part: slice, portion: Portion) -> bytes:
    wh, word, place = rows.wh[part], rows.word[part], rows.place[part]
    word = word.reshape(len(word), -1)
    records = np.zeros(len(wh), _record(wh.shape[1], word.shape[1], with_import=portion.import_id is not None))
    records["fields"] = len(COLUMNS)
    for name, size in (("site", 16), ("day", 4), ("series", 2), ("resolution", 2), ("controller", 2)):
        records[f"{name}_size"] = size
    records["site"] = np.array([one.site_id.bytes for one in portion.places], "V16")[place]
    records["day"] = rows.day[part] - POSTGRES_EPOCH
    records["series"] = np.array([one.series for one in portion.places])[place]
    records["resolution"] = rows.resolution_min
    records["controller"] = np.array([one.controller_id for one in portion.places])[place]
    records["import_size"] = -1
    if portion.import_id is not None:
        records["import_size"] = 16
        records["import"] = np.void(portion.import_id.bytes)
    gaps = [
        _fill_array(records["wh"], wh, INTEGER_OID, GAP),
        _fill_array(records["quality"], word, SMALLINT_OID, NO_WORD),
    ]
    if not any(is_gap.any() for is_gap in gaps):
        return records.tobytes()
    return _without_empty_values(records, gaps)


def _record(slots: int, words: int, *, with_import: bool) -> np.dtype:
    scalar = [("site", "V16"), ("day", ">i4"), ("series", ">i2"), ("resolution", ">i2"), ("controller", ">i2")]
    fields: list[tuple[str, object]] = [("fields", ">i2")]
    for name, kind in scalar:
        fields += [(f"{name}_size", ">i4"), (name, kind)]
    fields += [("import_size", ">i4"), *([("import", "V16")] if with_import else [])]
    return np.dtype([*fields, ("wh", _array(">i4", slots)), ("quality", _array(">i2", words))])


def _array(kind: str, length: int) -> np.dtype:
    element = np.dtype([("size", ">i4"), ("value", kind)])
    head = [(name, ">i4") for name in ("size", "dimensions", "has_null", "type", "length", "first")]
    return np.dtype([*head, ("elements", element, (length,))])


def _fill_array(array: NDArray, values: NDArray, oid: int, empty: int) -> NDArray[np.bool_]:
    """Fill in the arrays as if no element were empty, but for the sizes; say which are."""
    size = values.dtype.itemsize
    is_empty = values == empty
    array["dimensions"], array["type"], array["length"], array["first"] = 1, oid, values.shape[1], 1
    array["has_null"] = is_empty.any(axis=1)
    array["size"] = 20 + values.shape[1] * (4 + size) - size * np.count_nonzero(is_empty, axis=1)
    array["elements"]["size"] = np.where(is_empty, -1, size)
    array["elements"]["value"] = values
    return is_empty


def _without_empty_values(records: NDArray, gaps: Sequence[NDArray[np.bool_]]) -> bytes:
    """Leave out the bytes of empty elements, which have a size and no value."""
    keep = np.ones(len(records), records.dtype)
    keep.view(np.uint8)[:] = 1
    for name, is_empty in zip(("wh", "quality"), gaps, strict=True):
        kind = keep[name]["elements"]["value"].dtype
        ones = int.from_bytes(b"\x01" * kind.itemsize, "big")
        keep[name]["elements"]["value"] = np.where(is_empty, 0, ones)
    return records.view(np.uint8)[keep.view(np.bool_)].tobytes()
