"""`make check`: everything that needs no test, two checks at a time, all faults shown."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from embedded.places import CHECKOUT
from embedded.servers import use
from tests.harness.production import production_environment

_PYTHON = sys.executable
_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    """One check: its command and what the environment has besides."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def checks(production: dict[str, str]) -> list[Check]:
    """Return all checks, the slow ones first."""
    manage = [_PYTHON, "manage.py"]
    return [
        Check("types", [_PYTHON, "-m", "mypy", "."]),
        Check("style", [str(_BIN / "ruff"), "check", "--quiet", "."]),
        Check("format", [str(_BIN / "ruff"), "format", "--quiet", "--check", "."]),
        Check("layers", [str(_BIN / "lint-imports"), "--no-cache"]),
        Check("system", [*manage, "check", "--fail-level", "WARNING"]),
        Check("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production),
        Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check("translations", [_PYTHON, "-m", "register.languages", "check"]),
        Check("data map", [*manage, "data_map", "--check"]),
        Check("settings page", [*manage, "settings_doc", "--check"]),
    ]


def main() -> int:
    """Run all checks and return 0 if all passed."""
    use()  # until this process ends
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(_run, checks(production_environment(Path(folder)))))
    failed = [name for name, passed in results if not passed]
    print(f"{len(failed)} checks failed: {', '.join(failed)}" if failed else f"{len(results)} checks passed")
    return 1 if failed else 0


def _run(check: Check) -> tuple[str, bool]:
    began = time.monotonic()
    done = subprocess.run(
        check.command, cwd=CHECKOUT, env=os.environ | check.environment, capture_output=True, text=True
    )
    passed = done.returncode == 0
    verdict = "ok" if passed else "FAILED"
    output = "" if passed else f"\n{done.stdout}{done.stderr}"
    print(f"{check.name:<14} {verdict} {time.monotonic() - began:5.1f} s{output}", flush=True)
    return check.name, passed


if __name__ == "__main__":
    sys.exit(main())
