"""Writes Datahub files for the tests."""

import datetime as dt
import io
from collections.abc import Iterable, Iterator

from sites.consumption.rows import DayRows
from sites.datahub.file import DatahubFile

FINNISH = "Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Lukeman tyyppi;Alkuaika;Määrä;Laatu"
ENGLISH = "MeteringPointGSRN;Product Type;Resolution;Unit Type;Reading Type;Start Time;Quantity;Quality"
POINT, OTHER_POINT, MASKED = "643000000000000016", "643000000000000023", "000000000000000001"


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def line(
    start: dt.datetime, quantity: str = "1,000000", word: str = "OK", *, point: str = POINT, minutes: int = 15
) -> str:
    resolution = {15: "PT15M", 60: "PT1H"}[minutes]
    return f"{point};8716867000030;{resolution};kWh;BN01;{start:%Y-%m-%dT%H:%M:%SZ};{quantity};{word}"


def lines(start: str, count: int, *, point: str = POINT, minutes: int = 15, first_wh: int = 1000) -> list[str]:
    """Lines from a moment on, each a Wh more than the one before."""
    step = dt.timedelta(minutes=minutes)
    values = range(first_wh, first_wh + count)
    return [
        line(moment(start) + step * at, f"{wh // 1000},{wh % 1000:03}000", point=point, minutes=minutes)
        for at, wh in enumerate(values)
    ]


def text(body: Iterable[str], header: str = FINNISH, end: str = "\n", bom: bool = False) -> bytes:
    return (b"\xef\xbb\xbf" if bom else b"") + end.join([header, *body, ""]).encode()


def read(data: bytes, mapping: dict[str, str] | None = None) -> tuple[DatahubFile, list[DayRows]]:
    file = DatahubFile(io.BytesIO(data), mapping)
    return file, [rows for batch in file.batches() for rows in batch]


def days(rows: Iterable[DayRows]) -> Iterator[tuple[dt.date, list[int]]]:
    for some in rows:
        for day, wh in zip(some.day.tolist(), some.wh.tolist(), strict=True):
            yield dt.date(1970, 1, 1) + dt.timedelta(days=day), wh
