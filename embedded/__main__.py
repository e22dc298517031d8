"""`python -m embedded`: run the register (make run), keep its servers, stop them."""

import argparse
import sys

from embedded.trouble import explain


def main() -> int:
    """Do what the command line says; a foreseeable trouble is one sentence and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="set up and run the whole register until Ctrl-C")
    run.add_argument("--customers", type=int, default=2000, help="size of the demonstration register")
    commands.add_parser("stop", help="stop the embedded servers of this checkout")
    commands.add_parser("clean", help="stop them and remove all that they keep")
    keep = commands.add_parser("keep", help="be the keeper of the servers (started by those who use them)")
    keep.add_argument("ready", type=int)
    keep.add_argument("--not-durable", action="store_true")
    launch = commands.add_parser("launch", help="become one process of the register (for the supervisor)")
    launch.add_argument("program")
    given = parser.parse_args()
    try:
        return _do(given)
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        return 1


def _do(given: argparse.Namespace) -> int:
    # Imported here, so that a missing package is a sentence and not a traceback.
    if given.command == "run":
        from embedded import run

        return run.main(customers=given.customers)
    if given.command == "launch":
        from embedded import programs

        return programs.launch(given.program)
    if given.command == "keep":
        from embedded import keeper

        return keeper.main(given.ready, is_durable=not given.not_durable)
    from embedded import servers

    if given.command == "clean":
        servers.clean()
    else:
        servers.stop_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
