"""What a Datahub customer file says, and what is done with a file that says it badly."""

import datetime as dt
import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sites.consumption.rows import GAP
from sites.datahub import file as datahub_file
from sites.datahub.blocks import Columns
from sites.datahub.file import DatahubFile
from sites.datahub.lines import Reader, Unreadable
from tests.sites.datahub_text import (
    ENGLISH,
    FINNISH,
    MASKED,
    OTHER_POINT,
    POINT,
    days,
    line,
    lines,
    moment,
    read,
    text,
)

pytestmark = pytest.mark.item("S09")
WINTER_DAY = "2024-01-09T22:00"  # midnight of 10 January in Helsinki


@pytest.mark.parametrize("header", [FINNISH, ENGLISH])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [False, True])
def test_headers_line_ends_and_byte_order_mark_make_no_difference(header, end, bom):
    file, rows = read(text(lines(WINTER_DAY, 96), header, end, bom))
    assert not file.is_refused
    assert list(days(rows)) == [(dt.date(2024, 1, 10), list(range(1000, 1096)))]
    assert (file.words, file.line_count) == (["OK"], 97)


@pytest.mark.parametrize(
    ("start", "minutes", "day", "slots"),
    [
        ("2024-03-30T22:00", 15, dt.date(2024, 3, 31), 92),
        ("2024-03-30T22:00", 60, dt.date(2024, 3, 31), 23),
        ("2024-10-26T21:00", 15, dt.date(2024, 10, 27), 100),
        ("2024-10-26T21:00", 60, dt.date(2024, 10, 27), 25),
        ("2024-12-30T22:00", 15, dt.date(2024, 12, 31), 96),
        ("2024-06-30T21:00", 60, dt.date(2024, 7, 1), 24),
    ],
)
def test_a_day_is_cut_at_helsinki_midnight(start, minutes, day, slots):
    _, rows = read(text(lines(start, slots + 1, minutes=minutes)))
    first, second = days(rows)
    if len(first[1]) != slots:
        first, second = second, first
    assert first == (day, list(range(1000, 1000 + slots)))
    assert second[0] == day + dt.timedelta(days=1)
    assert [wh for wh in second[1] if wh != GAP] == [1000 + slots]


def test_quarters_and_hours_stand_in_one_file():
    body = lines("2023-05-20T21:00", 24, minutes=60) + lines("2023-05-21T21:00", 96)
    file, rows = read(text(body))
    assert [(some.resolution_min, len(some), some.slot_count) for some in rows] == [(60, 1, 24), (15, 1, 96)]
    assert [one.resolution_min for one in file.series] == [60, 15]
    assert not file.gaps


def test_several_points_stand_in_one_file_in_any_order():
    body = lines(WINTER_DAY, 96) + lines(WINTER_DAY, 96, point=OTHER_POINT, first_wh=5000)
    file, rows = read(text(body[1::2] + body[-2::-2]))
    by_point = {
        file.series[place].gsrn: wh for some in rows for place, wh in zip(some.place, some.wh.tolist(), strict=True)
    }
    assert by_point == {POINT: list(range(1000, 1096)), OTHER_POINT: list(range(5000, 5096))}


@pytest.mark.parametrize(
    ("quantity", "wh", "rounded"),
    [
        ("0,000000", 0, 0),
        ("2,126000", 2126, 0),
        ("1234567,891000", 1_234_567_891, 0),
        ("0,000500", 0, 1),
        ("0,001500", 2, 1),
        ("0,002500", 2, 1),
        ("0,002501", 3, 1),
        ("0,002499", 2, 1),
        ("00012,000000", 12000, 0),
        ("-0,000000", 0, 0),
    ],
)
def test_a_quantity_becomes_whole_watt_hours_rounded_half_to_even(quantity, wh, rounded):
    file, rows = read(text([line(moment(WINTER_DAY), quantity)]))
    assert not file.is_refused, file.faults
    assert rows[0].wh[0, 0] == wh
    assert file.rounded_count == rounded


@pytest.mark.item("S09")
def test_quality_is_kept_as_it_is():
    body = lines(WINTER_DAY, 96)
    body[5] = body[5].replace(";OK", ";ESTIMATED BY GRID COMPANY")
    body[6] = body[6].replace(";OK", ";Arvioitu (hyväksytty)")
    file, rows = read(text(body))
    assert set(file.words) == {"OK", "ESTIMATED BY GRID COMPANY", "Arvioitu (hyväksytty)"}
    (some,) = rows
    assert [file.words[word] for word in some.word[0][4:8]] == [
        "OK",
        "ESTIMATED BY GRID COMPANY",
        "Arvioitu (hyväksytty)",
        "OK",
    ]


def test_a_missing_value_and_an_absent_line_stay_gaps_and_are_reported_as_ranges():
    body = lines(WINTER_DAY, 192)
    for at in (10, 11, 12):
        body[at] = line(moment(WINTER_DAY) + dt.timedelta(minutes=15 * at), "", "MISSING")
    del body[100:104]
    file, rows = read(text(body))
    values = [wh for _, day in sorted(days(rows)) for wh in day]
    assert [at for at, wh in enumerate(values) if wh == GAP] == [10, 11, 12, 100, 101, 102, 103]
    assert [(gap.slot_count, gap.end - gap.start) for gap in file.gaps] == [(3, 3), (4, 4)]
    assert file.gap_count == 7
    assert not file.is_refused


def test_missing_at_both_ends_is_a_gap_too():
    body = lines(WINTER_DAY, 4)
    body[0] = body[0].replace("1,000000;OK", ";MISSING")
    body[3] = body[3].replace("1,003000;OK", "0,000000;MISSING")
    file, rows = read(text(body))
    assert file.gap_count == 2
    assert rows[0].wh[0, :4].tolist() == [GAP, 1001, 1002, GAP]


def test_a_slot_that_stands_twice_and_says_the_same_is_counted_once():
    body = lines(WINTER_DAY, 96)
    file, rows = read(text(body + body[:10] + [line(moment(WINTER_DAY), "", "MISSING")]))
    assert not file.is_refused
    assert file.duplicate_count == 11
    assert list(days(rows)) == [(dt.date(2024, 1, 10), list(range(1000, 1096)))]


def test_a_file_that_contradicts_itself_is_refused_with_both_lines():
    body = lines(WINTER_DAY, 96)
    file, rows = read(text([*body, body[7].replace("1,007000", "1,008000")]))
    assert not rows
    assert [(fault.code, fault.line, fault.values["other"]) for fault in file.faults] == [
        ("conflicting_duplicate", 98, 9)
    ]


GOOD = line(moment(WINTER_DAY))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (GOOD.replace("8716867000030", "8716867000139"), "wrong_product"),
        (GOOD.replace("PT15M", "PT5M"), "wrong_resolution"),
        (GOOD.replace("kWh", "MWh"), "wrong_unit"),
        (GOOD.replace("BN01", "BN02"), "wrong_reading_type"),
        (GOOD.replace("2024-01-09", "2024-02-30"), "invalid_time"),
        (GOOD.replace("T22:00", "T24:00"), "invalid_time"),
        (GOOD.replace("00Z", "00+02:00"), "invalid_time"),
        (GOOD.replace("2024-01-09", "1924-01-09"), "outside_years"),
        (GOOD.replace("22:00:00", "22:07:00"), "not_at_slot_start"),
        (GOOD.replace("22:00:00", "22:00:01"), "not_at_slot_start"),
        (GOOD.replace("PT15M", "PT1H").replace("22:00:00", "22:15:00"), "not_at_slot_start"),
        (GOOD.replace("1,000000", "1.000000"), "invalid_quantity"),
        (GOOD.replace("1,000000", "1,000"), "invalid_quantity"),
        (GOOD.replace("1,000000", "1,0000000"), "invalid_quantity"),
        (GOOD.replace("1,000000", ""), "invalid_quantity"),
        (GOOD.replace("1,000000", "1e3,000000"), "invalid_quantity"),
        (GOOD.replace("1,000000", "-1,000000"), "negative_energy"),
        (GOOD.replace("1,000000", "99999999,000000"), "too_large"),
        (GOOD.replace("OK", ""), "invalid_quality"),
        (GOOD.replace("OK", "=1+1"), "invalid_quality"),
        (GOOD.replace("OK", "A" * 41), "invalid_quality"),
        (GOOD + ";", "wrong_field_count"),
        ("", "blank_line"),
        (FINNISH, "second_header"),
        (GOOD.replace(POINT, "643000000000000017"), "invalid_metering_point"),
        (GOOD.replace(POINT, MASKED), "invalid_metering_point"),
        (GOOD.replace(POINT, "64300000000000001"), "invalid_metering_point"),
        (GOOD.replace(POINT, "６４３000000000000016"), "invalid_metering_point"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number_and_reason(wrong, code):
    file, rows = read(text([*lines("2024-01-08T22:00", 3), wrong, *lines("2024-01-10T22:00", 3)]))
    assert not rows
    (fault,) = file.faults
    assert (fault.line, fault.last_line, fault.code) == (5, 5, code)
    assert "%" not in fault.message
    assert fault.as_json()["message"] == fault.message


def test_lines_that_are_wrong_in_the_same_way_are_told_as_one_range():
    file, _ = read(text([one.replace(POINT, MASKED) for one in lines(WINTER_DAY, 500)]))
    (fault,) = file.faults
    assert (fault.line, fault.last_line) == (2, 501)


def test_a_masked_point_is_mapped_by_the_person_who_imports():
    data = text([one.replace(POINT, MASKED) for one in lines(WINTER_DAY, 96)])
    file, rows = read(data, {MASKED: POINT})
    assert not file.is_refused
    assert [one.gsrn for one in file.series] == [POINT]
    assert len(rows) == 1
    assert read(data, {MASKED: "643000000000000017"})[0].is_refused


@pytest.mark.parametrize(
    ("data", "code", "at"),
    [
        (b"", "empty_file", 0),
        (text([]), "no_lines", 0),
        (text([]).rstrip(b"\n"), "no_lines", 0),
        (FINNISH.encode("latin-1") + b"\n" + GOOD.encode(), "not_utf8", 1),
        ("\ufeff".encode("utf-16-le") + text(lines(WINTER_DAY, 9)).decode().encode("utf-16-le"), "utf16", 0),
        (text(lines(WINTER_DAY, 9)).decode().encode("utf-16-be"), "nul_byte", 1),
        (text(lines(WINTER_DAY, 9)).replace(b"1,003", b"1,\x0003"), "nul_byte", 5),
        (text(lines(WINTER_DAY, 9))[:-14], "cut_off", 10),
        (text(lines(WINTER_DAY, 9))[:-2], "cut_off", 10),
        (b"a;b;c\n1;2;3\n", "unknown_header", 1),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 200, "not_utf8", 1),
        (FINNISH.encode() + b"\n" + b"x" * 200_000, "line_too_long", 0),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_clear_reason(data, code, at):
    file, rows = read(data)
    assert not rows
    assert [(fault.code, fault.line) for fault in file.faults] == [(code, at)]
    assert file.faults[0].message


def test_a_last_line_without_its_end_is_read_if_it_is_whole():
    file, rows = read(text(lines(WINTER_DAY, 96)).rstrip(b"\n"))
    assert not file.is_refused
    assert rows[0].reading_count == 96


def test_empty_lines_at_the_end_are_nothing():
    file, _ = read(text(lines(WINTER_DAY, 96)) + b"\r\n\n\n")
    assert not file.is_refused


def test_an_endless_line_is_refused_after_a_little():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"x" * size

    stream = Endless()
    file = DatahubFile(stream)
    assert list(file.batches()) == []
    assert file.is_refused
    assert stream.given < 4_000_000


def test_a_file_of_nothing_but_faults_is_left_early():
    body = text([GOOD.replace("OK", "")] * 60_000)
    file, _ = read(body)
    assert file.faults[-1].code == "invalid_quality" or file.faults[0].code == "too_many_faults"
    assert {fault.code for fault in file.faults} == {"invalid_quality", "too_many_faults"}
    assert file.line_count < 60_000


def test_a_large_file_is_read_in_batches_as_if_at_once(monkeypatch):
    body = lines("2023-12-31T22:00", 20_000) + lines("2024-01-31T22:00", 5_000, minutes=60, point=OTHER_POINT)
    del body[700:710]
    _, whole = read(text(body))
    monkeypatch.setattr(datahub_file, "BATCH_LINES", 1_000)
    monkeypatch.setattr(datahub_file, "PIECE_BYTES", 10_000)
    file = DatahubFile(io.BytesIO(text(body)))
    batches = list(file.batches())
    assert len(batches) > 10
    assert sorted(days(rows for batch in batches for rows in batch)) == sorted(days(whole))
    assert [gap.slot_count for gap in file.gaps] == [10]


def test_memory_stays_bounded_however_long_the_file(monkeypatch):
    monkeypatch.setattr(datahub_file, "BATCH_LINES", 50_000)
    piece = "".join(one + "\n" for one in lines("2023-12-31T22:00", 35_000)).encode()

    class Long(io.RawIOBase):
        pieces = iter([FINNISH.encode() + b"\n"] + [piece] * 20)

        def read(self, size: int = -1) -> bytes:
            return next(self.pieces, b"")

    tracemalloc.start()
    try:
        file = DatahubFile(Long())
        for _batch in file.batches():
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert file.line_count == 1 + 20 * 35_000
    assert peak < 80_000_000


FIELDS = st.one_of(
    st.sampled_from(
        [
            "643000000000000016",
            "643000000000000023",
            "000000000000000001",
            "8716867000030",
            "PT15M",
            "PT1H",
            "kWh",
            "BN01",
            "OK",
            "MISSING",
            "2024-03-31T00:45:00Z",
            "2024-03-31T01:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-02-29T23:15:00Z",
            "2023-02-29T23:15:00Z",
            "0,000000",
            "12,345678",
            "9999999,999999",
            "123456789,000000",
            "-1,000000",
            "1,0005",
            ",000000",
            "ESTIMATED",
        ]
    ),
    st.from_regex(r"[0-9]{1,8},[0-9]{5,7}", fullmatch=True),
    st.from_regex(r"20[0-9]{2}-[0-3][0-9]-[0-4][0-9]T[0-3][0-9]:[0-6][05]:00Z", fullmatch=True),
    st.text(max_size=20),
)


@st.composite
def nearly_good_lines(draw):
    fields = GOOD.split(";")
    fields[2] = draw(st.sampled_from(["PT15M", "PT1H"]))
    fields[5] = draw(st.sampled_from(["2024-01-09T22:00:00Z", "2024-01-09T22:15:00Z", "2024-07-09T05:45:00Z"]))
    fields[6] = draw(st.from_regex(r"[0-9]{1,7},[0-9]{6}", fullmatch=True))
    for at in draw(st.lists(st.integers(0, 7), max_size=2)):
        fields[at] = draw(FIELDS)
    return ";".join(fields).replace("\n", " ").replace("\0", " ").encode("utf-8", "replace")


@given(st.lists(nearly_good_lines(), min_size=1, max_size=6))
def test_lines_are_read_together_exactly_as_they_are_read_alone(some):
    columns = Columns(Reader({}))
    block = columns.read(b"".join(one + b"\n" for one in some))
    alone, refused = {}, {}
    for number, one in enumerate(some, 1):
        one = one.removesuffix(b"\r")
        try:
            alone[number] = Reader({}).line(one)
        except Unreadable as reason:
            refused[number] = reason.code
    together = {
        number: (columns.series[series], quarter, wh, columns.words[word])
        for number, series, quarter, wh, word in zip(*(column.tolist() for column in block), strict=True)
    }
    assert together == {number: reading[:4] for number, reading in alone.items()}
    assert {bad.line: bad.reason.code for bad in columns.bad_lines} == refused
    assert columns.rounded_count == sum(reading.was_rounded for reading in alone.values())


def test_the_common_line_takes_the_fast_way():
    class Never(Reader):
        def line(self, line: bytes):
            raise AssertionError("a common line was read alone")

    body = lines("2023-12-31T22:00", 3000) + lines("2024-05-31T21:00", 500, minutes=60)
    block = Columns(Never()).read("".join(one + "\r\n" for one in body).encode())
    assert np.array_equal(block.wh[:3000], np.arange(1000, 4000))
