"""All writes of work: jobs, the outbox, imports."""

from .file_import import FileReport, import_file
from .imports import (
    AlreadyImported,
    UnableToImport,
    begin_import,
    complete_undo,
    finish_import,
    keep_source,
    mark_undone,
    record_refusal,
    save_mapping,
)
from .jobs import (
    ask_for_work,
    cancel_work,
    fail_work,
    finish_work,
    give_back_work,
    report_progress,
    take_up_work,
)
from .outbox import deliver_due, post
from .table_import import TableReport, import_table

__all__ = [
    "AlreadyImported",
    "FileReport",
    "TableReport",
    "UnableToImport",
    "ask_for_work",
    "begin_import",
    "cancel_work",
    "complete_undo",
    "deliver_due",
    "fail_work",
    "finish_import",
    "finish_work",
    "give_back_work",
    "import_file",
    "import_table",
    "keep_source",
    "mark_undone",
    "post",
    "record_refusal",
    "report_progress",
    "save_mapping",
    "take_up_work",
]
