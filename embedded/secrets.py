"""Secrets of the embedded mode: made once at random, kept in the state folder, never in the repository."""

import os
import secrets
from pathlib import Path

from embedded.places import places


def secret_key() -> str:
    """Return the key that signs sessions of this checkout, making it at the first use."""
    return read_or_make("secret_key", secrets.token_urlsafe(64))


def read_or_make(name: str, fresh: str) -> str:
    """Return the secret called `name`; if there is none, `fresh` is it from now on."""
    file = places().secrets / name
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        _write_once(file, fresh)
    return file.read_text(encoding="utf-8")


def _write_once(file: Path, text: str) -> None:
    """Write the file whole or not at all; of two processes that write at once, one wins."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
