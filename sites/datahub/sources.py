"""Finds the files to import in what a person names: a file, a folder or an archive of them.

Dangerous: an archive comes from outside. Its directory is judged before anything is unpacked, nothing is ever
written to disk, and links, nested archives, unsafe names and bombs are refused.
"""

import hashlib
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from sites.datahub.lines import Unreadable

MiB = 1 << 20
GiB = 1 << 30
MOST_FILE_BYTES = 4 * GiB
MOST_ARCHIVE_BYTES = 32 * GiB
MOST_FILES = 20_000
MOST_TIMES_PACKED = 250  # Deflate reaches 1,032 on zeros; a year of constant use about 60
SMALL_BYTES = 32 * MiB
_CHUNK = MiB
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error, lzma.LZMAError)


class Stream(Protocol):
    """What is read from a file: closed by `with`."""

    def read(self, size: int = -1, /) -> bytes: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


@dataclass(frozen=True)
class SourceFile:
    """One file to import: its name, its size and how to open it (again and again)."""

    name: str
    size_bytes: int
    open: Callable[[], "Stream"]

    def digest(self) -> str:
        """Give the SHA-256 of the content, read piece by piece."""
        with self.open() as stream:
            digest = hashlib.sha256()
            while piece := stream.read(_CHUNK):
                digest.update(piece)
        return digest.hexdigest()

    def held(self) -> "SourceFile":
        """Give the same file held in memory if it is small, so that it is read only once.

        One that cannot be read, or is too large, gives a file that cannot be opened.
        """
        if self.size_bytes > MOST_FILE_BYTES:
            return refused(self.name, Unreadable("too_large_file", limit=_size(MOST_FILE_BYTES)))
        if self.size_bytes > SMALL_BYTES:
            return self
        try:
            with self.open() as stream:
                content = stream.read(self.size_bytes + 1)
        except (Unreadable, OSError) as reason:
            return refused(self.name, reason)
        return SourceFile(self.name, len(content), lambda: BytesIO(content))


def files_in(path: Path) -> Iterator[SourceFile]:
    """Find the files of a path: itself, the CSV files of a folder and of archives, in order of their names.

    Raises: OSError.
    """
    if path.is_dir():
        yield from _files_in_folder(path)
    elif path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
        yield from files_in_archive(path.name, path)
    else:
        yield SourceFile(path.name, path.stat().st_size, lambda: path.open("rb"))


def _files_in_folder(folder: Path) -> Iterator[SourceFile]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        path = Path(entry.path)
        if entry.is_dir():
            yield from _files_in_folder(path)
        elif path.suffix.lower() in {".csv", ".zip"}:
            yield from files_in(path)


def files_in_archive(name: str, content: Path | BinaryIO) -> Iterator[SourceFile]:
    """Find the CSV files of an archive; one that is refused gives a file that cannot be opened."""
    try:
        with zipfile.ZipFile(content) as archive:
            members = _checked_members(archive)
            for member in members:
                yield SourceFile(member.filename, member.file_size, partial(_Member, archive, member))
    except _DAMAGE as damage:
        yield refused(name, Unreadable("bad_archive", value=str(damage)))
    except Unreadable as reason:
        yield refused(name, reason)


def refused(name: str, reason: Exception) -> SourceFile:
    """Give a file whose opening tells why it cannot be read."""

    def refuse() -> Stream:
        raise reason

    return SourceFile(name, 0, refuse)


def _checked_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    _check_members(members)
    wanted = [member for member in members if not member.is_dir() and _is_wanted(member.filename)]
    if not wanted:
        raise Unreadable("no_files")
    return sorted(wanted, key=lambda member: member.filename)


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_FILES:
        raise Unreadable("archive_too_many", limit=MOST_FILES)
    if sum(member.file_size for member in members) > MOST_ARCHIVE_BYTES:
        raise Unreadable("archive_too_large", limit=_size(MOST_ARCHIVE_BYTES))
    for member in members:
        name = member.filename
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0:1]:
            raise Unreadable("archive_unsafe_name", value=name)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Unreadable("archive_link", value=name)
        if member.flag_bits & 1:
            raise Unreadable("archive_encrypted", value=name)
        if path.suffix.lower() in {".zip", ".gz", ".7z", ".rar", ".xz", ".bz2", ".tar", ".tgz"}:
            raise Unreadable("archive_nested", value=name)
        if member.file_size > MiB and member.file_size > MOST_TIMES_PACKED * max(member.compress_size, 1):
            raise Unreadable("archive_too_dense", value=name)


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() == ".csv" and not is_hidden


class _Member:
    """A file in an archive, whose damage is told as ours."""

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        try:
            self._stream = archive.open(member)
        except _DAMAGE as reason:
            raise Unreadable("bad_archive", value=str(reason)) from None

    def read(self, size: int = -1) -> bytes:
        """Unpack some more."""
        try:
            return self._stream.read(size)
        except _DAMAGE as reason:
            raise Unreadable("bad_archive", value=str(reason)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def _size(size_bytes: int) -> str:
    return f"{size_bytes / GiB:g} GiB"
