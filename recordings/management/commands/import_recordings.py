"""Imports recorded calls from folders: `manage.py import_recordings PATH…`."""

from collections.abc import Iterator
from pathlib import Path

from recordings.imports.calls import CallFolder
from register.work.tables import Readable
from sites.management.commands._files import FileImportCommand


class Command(FileImportCommand):
    """Imports folders of audio files, each with a CSV of its calls."""

    kind_code = "recordings"
    job = "import-recordings"
    what = "Imports recorded calls: a folder of audio files with one CSV that says of each what call it was."

    def sources(self, path: Path) -> Iterator[tuple[str, Readable]]:
        """Give the folder as a whole. Raises: UnableToReadFile."""
        yield path.name, CallFolder(path)
