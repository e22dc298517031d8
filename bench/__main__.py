"""Runs all benchmarks, each in a process of its own: `make bench`, or `make bench ONLY=purge`."""

import subprocess
import sys
from pathlib import Path

from embedded.places import CHECKOUT


def main(only: list[str]) -> int:
    """Run the named benchmarks, or all, and return 0 if each came to its end."""
    known = sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))
    unknown = set(only) - set(known)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(known)}.", file=sys.stderr)
        return 1
    failed = []
    for name in only or known:
        print(f"\n{name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=CHECKOUT).returncode != 0:
            failed.append(name)
    if failed:
        print(f"\nDid not come to its end: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
