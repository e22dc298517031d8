"""All writes of consumption that people ask for: importing files, confirming an upload, undoing an import."""

from .asking import AskerFacts, asker_facts
from .files import DELETE_DAYS, UnableToUndo, import_consumption, undo_consumption_import
from .uploads import IMPORT_UPLOAD, PERMISSION, UnableToImportUpload, confirm_upload, import_upload, keep_upload

__all__ = [
    "DELETE_DAYS",
    "IMPORT_UPLOAD",
    "PERMISSION",
    "AskerFacts",
    "UnableToImportUpload",
    "asker_facts",
    "UnableToUndo",
    "confirm_upload",
    "import_consumption",
    "import_upload",
    "keep_upload",
    "undo_consumption_import",
]
