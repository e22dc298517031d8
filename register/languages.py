"""The catalogues of translations: compiled and checked with Babel, so that no gettext tool is needed.

`python -m register.languages compile` makes the .mo files; `check` lists every text of source and
templates that has no Finnish, and those of customers that have no Swedish. Texts that Django or
allauth translate themselves count as translated.
"""

import argparse
import io
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "register",
    "customers",
    "sites",
    "billing",
    "recordings",
    "retention",
    "dsar",
    "demo",
    "templates",
)
# What customers read is Swedish too.
FOR_CUSTOMERS = ("templates/portal/", "templates/email/", "/portal/", "portal_look.py")
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


@dataclass(frozen=True, order=True)
class Text:
    """One text that people see: where it stands first, its context and its words."""

    place: str
    context: str
    words: str

    @property
    def key(self) -> str:
        """The key under which gettext keeps it."""
        return f"{self.context}\x04{self.words}" if self.context else self.words


def catalogues() -> list[Path]:
    """Return every catalogue of the register."""
    roots = [ROOT / "locale", *(ROOT / source for source in SOURCES)]
    found = {file for root in roots for file in root.rglob("LC_MESSAGES/*.po")}
    return sorted(found)


def compile_catalogues() -> int:
    """Compile the catalogues that changed and return how many that were."""
    count = 0
    for source in catalogues():
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as stream:
            catalogue = read_po(stream, abort_invalid=True)
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        with draft.open("wb") as stream:
            write_mo(stream, catalogue)
        draft.replace(target)
        count += 1
    return count


def missing(language: str) -> list[Text]:
    """Return the texts of source and templates that the language does not have."""
    from django.utils.translation import trans_real

    known = _known(trans_real.translation(language))
    return sorted(text for text in texts() if text.key not in known)


def texts() -> list[Text]:
    """Return every text of source and templates, each once."""
    seen: dict[str, Text] = {}
    for source in SOURCES:
        for file in sorted((ROOT / source).rglob("*")):
            for text in _texts_of(file):
                seen.setdefault(text.key, text)
    return list(seen.values())


def _texts_of(file: Path) -> Iterable[Text]:
    if file.suffix == ".py" and "migrations" not in file.parts:
        return _extract(file, file.read_bytes())
    if file.suffix in {".html", ".txt"} and "templates" in file.parts:
        return _extract(file, _as_python(file))
    return []


def _as_python(file: Path) -> bytes:
    from django.utils.translation.template import templatize

    calls = templatize(file.read_text(encoding="utf-8"), origin=str(file))
    # What is not translated became X: without its indentation Python can read the rest.
    return "\n".join(line.strip() for line in calls.splitlines()).encode()


def _extract(file: Path, source: bytes) -> Iterator[Text]:
    place = str(file.relative_to(ROOT))
    for line, message, _comments, context in extract(
        "python", io.BytesIO(source), keywords=_KEYWORDS, options={"encoding": "utf-8"}
    ):
        words = message[0] if isinstance(message, tuple) else message
        if words:
            yield Text(f"{place}:{line}", context or "", words)


def _known(translation: object) -> set[str]:
    """Return the keys that have a translation; a plural counts under its singular."""
    found: set[str] = set()
    current: object | None = translation
    while current is not None:
        for catalogue in getattr(getattr(current, "_catalog", None), "_catalogs", []):
            found |= {key[0] if isinstance(key, tuple) else key for key, words in catalogue.items() if words}
        current = None  # the fallback is English
    return found


def _report(language: str) -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "register.settings")
    compile_catalogues()  # before Django reads them
    django.setup()
    lacking = missing(language)
    if language == "sv":
        lacking = [text for text in lacking if any(part in text.place for part in FOR_CUSTOMERS)]
    for text in lacking:
        print(f"{text.place}: no {language} for {text.words!r}")
    print(f"{len(texts())} texts, {len(lacking)} without {language}")
    return 1 if lacking else 0


def main() -> int:
    """Compile or check, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m register.languages", description=__doc__)
    parser.add_argument("act", choices=["compile", "check"])
    if parser.parse_args().act == "compile":
        compile_catalogues()
        return 0
    return max(_report(language) for language in ("fi", "sv"))


if __name__ == "__main__":
    sys.exit(main())
