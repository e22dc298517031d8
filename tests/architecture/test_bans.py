"""The linter refuses what architecture.md and security.md ban, in the code of the product."""

import subprocess
import sys
from pathlib import Path

import pytest

from register.settings.environment import DECLARED
from tests.architecture import house

OPERATIONS = "customers/operations.py"


def _refused(text: str, name: str = OPERATIONS) -> bool:
    command = [str(Path(sys.executable).parent / "ruff"), "check", "--no-cache", "--select", "TID251"]
    command += ["--stdin-filename", str(house.ROOT / name), "-"]
    told = subprocess.run(command, input=text, cwd=house.ROOT, capture_output=True, text=True)
    assert told.returncode in (0, 1), told.stderr
    return "TID251" in told.stdout


@pytest.mark.parametrize(
    "text",
    [
        "from django.dispatch import receiver",
        "from django.db.models.signals import post_save",
        "from django.db.models import signals\nsignals.post_delete.connect(print)",
        "from django.http import StreamingHttpResponse",
        "from django.views.decorators.cache import cache_page",
        "from django.middleware.cache import UpdateCacheMiddleware",
        "from rest_framework.serializers import ModelSerializer",
        "from django.utils import timezone\nprint(timezone.now())",
        "import pickle",
        "import marshal",
    ],
)
def test_the_linter_refuses_it(text: str) -> None:
    assert _refused(text)


def test_the_linter_lets_the_rest_pass() -> None:
    assert not _refused("import json\nfrom django.http import HttpResponse")


def test_only_the_shells_read_the_clock() -> None:
    clock = "from django.utils import timezone\nprint(timezone.now())"
    for name in ("sites/staff.py", "sites/tasks.py", "sites/management/commands/load.py"):
        assert not _refused(clock, name)
    for name in ("sites/queries.py", "sites/models.py", "sites/operations/contracts.py"):
        assert _refused(clock, name)


def test_every_setting_is_told_in_the_docs() -> None:
    page = (house.ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [setting.variable for setting in DECLARED if setting.variable not in page] == []


def test_every_app_is_told_in_the_docs() -> None:
    pages = [*house.ROOT.glob("*.md"), *(house.ROOT / "docs").glob("*.md")]
    told = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    names = {app.rpartition(".")[2] for app in house.APPS}
    assert sorted(name for name in names if name not in told) == []
