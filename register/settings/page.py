"""docs/settings.md: every setting of the environment, from its declaration."""

from collections.abc import Iterator
from pathlib import Path

from register.settings.environment import DECLARED, Setting

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "settings.md"
_HEAD = """\
# Settings

All settings come from the environment. This page is made by `manage.py settings_doc` from
`register/settings/environment.py`; do not edit it by hand.

A **secret** may come from a file instead: `NAME_FILE` names it. An unknown name that begins with
`REGISTER_` is a fault, so that a typing error does not pass. In production the register refuses to
start, with one list of all faults, where a setting that the process needs is missing or unsafe.

| setting | kind | default | what it does |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the whole page."""
    return _HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    for setting in DECLARED:
        default = f"`{setting.default}`" if setting.default else "–"
        yield f"| `{setting.variable}` | {_kind(setting)} | {default} | {setting.help} |\n"


def _kind(setting: Setting) -> str:
    if setting.secret:
        return "**secret**"
    if setting.choices:
        return ", ".join(f"`{choice}`" for choice in setting.choices if choice)
    return str(setting.kind)
