"""What a document may be: a PDF or a picture, known by its content, whole and not too large.

Dangerous if loosened: the file comes from outside and is opened by a colleague later. It is kept as it came,
encrypted, and goes out as an attachment only.
"""

from typing import Final

import filetype
from django.utils.translation import gettext_lazy as _

from register.access.refusing import Words

MOST_DOCUMENT_BYTES: Final = 10 * 1024 * 1024
_SUFFIXES: Final = {"pdf": (".pdf",), "jpg": (".jpg", ".jpeg"), "png": (".png",)}
_ENDINGS: Final = {"pdf": b"%%EOF", "jpg": b"\xff\xd9", "png": b"IEND\xaeB`\x82"}
_TAIL_BYTES: Final = 1024


def fault_of_document(name: str, content: bytes) -> Words:
    """Say in a sentence why a file cannot be kept as a document; empty where it can."""
    if not content:
        return _("The file is empty.")
    if len(content) > MOST_DOCUMENT_BYTES:
        return _("The file is larger than 10 MiB.")
    kind = kind_of(content)
    if kind is None:
        return _("The file is no PDF, JPG or PNG, whatever its name says.")
    if not name.lower().endswith(_SUFFIXES[kind]):
        return _("The name of the file and its content do not agree.")
    if _ENDINGS[kind] not in content[-_TAIL_BYTES:]:
        return _("The file is broken off: send it again.")
    return ""


def kind_of(content: bytes) -> str | None:
    """Give "pdf", "jpg" or "png" by the content, None for all else."""
    found = filetype.guess(content[:8192])
    return found.extension if found is not None and found.extension in _SUFFIXES else None
