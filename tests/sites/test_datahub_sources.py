"""What is found in a folder or an archive, and which archives are refused before anything is unpacked."""

import io
import stat
import tracemalloc
import zipfile

import pytest

from sites.datahub import sources
from sites.datahub.lines import Unreadable
from sites.datahub.sources import files_in, files_in_archive
from tests.sites.datahub_text import lines, text

DATA = text(lines("2024-01-09T22:00", 96))


def packed(*members: tuple[str | zipfile.ZipInfo, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream


def reason(archive: io.BytesIO) -> str:
    (file,) = files_in_archive("all.zip", archive)
    assert file.name == "all.zip"
    with pytest.raises(Unreadable) as refusal:
        file.open()
    return refusal.value.code


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("member", "code"),
    [
        (("../outside.csv", DATA), "archive_unsafe_name"),
        (("/etc/outside.csv", DATA), "archive_unsafe_name"),
        (("a\\..\\..\\outside.csv", DATA), "archive_unsafe_name"),
        (("inner.zip", DATA), "archive_nested"),
        ((link(), b"/etc/passwd"), "archive_link"),
        (("bomb.csv", bytes(3 << 20)), "archive_too_dense"),
    ],
)
def test_a_dangerous_archive_is_refused_whole(member, code):
    assert reason(packed(("good.csv", DATA), member)) == code


def test_an_encrypted_member_is_refused():
    stream = packed(("a.csv", DATA))
    raw = bytearray(stream.getvalue())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    assert reason(io.BytesIO(bytes(raw))) == "archive_encrypted"


def test_too_many_files_are_refused_without_reading_them(monkeypatch):
    monkeypatch.setattr(sources, "MOST_FILES", 100)
    assert reason(packed(*[(f"{at}.csv", b"") for at in range(101)])) == "archive_too_many"


def test_too_large_an_archive_is_refused_by_what_it_says_of_itself(monkeypatch):
    monkeypatch.setattr(sources, "MOST_ARCHIVE_BYTES", 2 * len(DATA) - 1)
    assert reason(packed(("a.csv", DATA), ("b.csv", DATA))) == "archive_too_large"


@pytest.mark.parametrize("content", [b"", b"no archive", packed(("a.csv", DATA)).getvalue()[:-30]])
def test_what_is_no_archive_is_refused(content):
    assert reason(io.BytesIO(content)) == "bad_archive"


def test_an_archive_without_csv_files_is_refused():
    assert reason(packed(("readme.txt", b"nothing"))) == "no_files"


def test_a_damaged_member_is_refused_while_it_is_read():
    raw = bytearray(packed(("a.csv", DATA)).getvalue())
    raw[60:80] = bytes(20)
    (file,) = files_in_archive("all.zip", io.BytesIO(bytes(raw)))
    with pytest.raises(Unreadable) as refusal:
        file.held().open()
    assert refusal.value.code == "bad_archive"


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_said(monkeypatch):
    monkeypatch.setattr(sources, "MOST_TIMES_PACKED", 10_000)
    raw = bytearray(packed(("a.csv", bytes(50 << 20))).getvalue())
    at = raw.index(b"PK\x01\x02") + 24
    raw[at : at + 4] = (1000).to_bytes(4, "little")
    tracemalloc.start()
    try:
        for file in files_in_archive("all.zip", io.BytesIO(bytes(raw))):
            with pytest.raises(Unreadable):
                file.held().open()
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_files_come_in_order_of_their_names_and_hidden_ones_are_left(tmp_path):
    for name in ("b.csv", "a.CSV", ".hidden.csv", "notes.txt"):
        (tmp_path / name).write_bytes(DATA)
    (tmp_path / "c.zip").write_bytes(packed(("z.csv", DATA), ("y.csv", DATA)).getvalue())
    (tmp_path / "loop").symlink_to(tmp_path)
    assert [file.name for file in files_in(tmp_path)] == ["a.CSV", "b.csv", "y.csv", "z.csv"]


def test_a_bad_archive_in_a_folder_does_not_stop_the_others(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"no archive")
    (tmp_path / "b.csv").write_bytes(DATA)
    bad, good = files_in(tmp_path)
    with pytest.raises(Unreadable):
        bad.open()
    assert good.held().open().read() == DATA


def test_too_large_a_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_FILE_BYTES", 10)
    (tmp_path / "a.csv").write_bytes(DATA)
    (file,) = files_in(tmp_path / "a.csv")
    with pytest.raises(Unreadable) as refusal:
        file.held().open()
    assert refusal.value.code == "too_large_file"
