"""The bar that the commands show while they work."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from register.backup.making import Tell


@contextmanager
def bar(stream: object) -> Iterator[Tell]:
    """Yield what tells of progress: phase, done, of all (0 where that is not known)."""
    words = {"database": _("database"), "tables": _("tables"), "files": _("files")}
    console = Console(file=cast("TextIO", stream))
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = progress.add_task(words[phase], total=total or None)
            progress.update(tasks[phase], completed=done, total=total or None)

        yield tell
