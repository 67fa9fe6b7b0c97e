"""`countersign`: reads the arguments, runs one command, turns a refusal into an exit code."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import psycopg

from countersign.entrypoints.cli import (
    accounts,
    audit,
    bench,
    credentials,
    freezes,
    ingest,
    proof,
    run,
    transfers,
)
from countersign.entrypoints.cli.terminal import REFUSED, Terminal
from countersign.gate.client import FrameRefused
from countersign.infra.logs import configure_logs
from countersign.infra.settings import load_settings
from countersign.kernel.refusal import Refusal

Command = Callable[[argparse.Namespace, Terminal], int]
_MODULES = (run, accounts, ingest, transfers, freezes, proof, audit, credentials, bench)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    parsed = _parser().parse_args(arguments)
    terminal = Terminal(is_json=parsed.json, language=os.environ.get("LANG", "en"))
    if parsed.data:
        os.environ["COUNTERSIGN_DATA"] = str(Path(parsed.data).absolute())
    command: Command = parsed.command
    try:
        parsed.settings = load_settings()
        configure_logs(parsed.settings.log_level)
        return command(parsed, terminal)
    except Refusal as refusal:
        return terminal.refusal(refusal)
    except FrameRefused as refusal:
        return terminal.refused_code(refusal.code)
    except psycopg.OperationalError:
        terminal.say("the database does not answer; is `countersign run` running?")
        return REFUSED
    except KeyboardInterrupt:
        return 128 + 2
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="countersign",
        description="The gate between channels that order transfers and rails that carry them.",
    )
    parser.add_argument("--version", action="version", version=version("countersign"))
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data", metavar="DIR", help="the data folder (default: $COUNTERSIGN_DATA or ./data)"
    )
    common.add_argument("--json", action="store_true", help="print one JSON value")
    subcommands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in _MODULES:
        module.add(subcommands, common)
    return parser


if __name__ == "__main__":
    sys.exit(main())
