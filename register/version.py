"""The version of the software that a run and its certificate name."""

import tomllib
from functools import cache

from django.conf import settings


@cache
def software_version() -> str:
    """Give name and version of this software, as pyproject.toml has them."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']} {project['version']}"
