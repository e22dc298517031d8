"""The Finnish postal codes that come with the project, and bringing their table up to date."""

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from customers.models import PostalCode

PATH = Path(__file__).parent / "data" / "postal_codes.csv"


class PostalCodeRow(NamedTuple):
    """One line of the file: the kind is area, box or company."""

    code: str
    office_fi: str
    office_sv: str
    municipality: str
    kind: str


def read_postal_codes(path: Path = PATH) -> Iterator[PostalCodeRow]:
    """Yield the postal codes of a file in our columns (customers/data/README.md)."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        heading = next(lines)
        if tuple(heading) != PostalCodeRow._fields:
            raise ValueError(f"the columns must be {', '.join(PostalCodeRow._fields)}")
        for line in lines:
            yield PostalCodeRow(*line)


@cache
def known_offices() -> dict[str, str]:
    """Return the post office in Finnish of each postal code that comes with the project."""
    return {row.code: row.office_fi for row in read_postal_codes()}


def load_postal_codes(*, path: Path = PATH) -> int:
    """Bring the table of postal codes to what the file says and return how many codes it has.

    One transaction. A code that left the file stays, for old addresses still name it.
    """
    rows = [
        PostalCode(code=row.code, office_fi=row.office_fi, office_sv=row.office_sv, municipality=row.municipality)
        for row in read_postal_codes(path)
    ]
    with transaction.atomic():
        PostalCode.objects.bulk_create(
            rows,
            batch_size=2000,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["office_fi", "office_sv", "municipality"],
        )
    return len(rows)
