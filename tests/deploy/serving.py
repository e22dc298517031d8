"""Reads deploy/serving.py as gunicorn does."""

import runpy
from typing import Any

from tests.deploy.stack import ROOT


def configuration() -> dict[str, Any]:
    """Return the names that gunicorn's configuration sets."""
    return runpy.run_path(str(ROOT / "deploy" / "serving.py"))
