"""Reads the arguments of one command, runs it, and turns a refusal into an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from psycopg import OperationalError

from countersign.entrypoints.cli.parsing import PROGRAM, Command, CommandParser
from countersign.entrypoints.cli.terminal import REFUSED, Terminal, language_of, visible
from countersign.entrypoints.installation import NotRunning
from countersign.entrypoints.run_lock import running_process
from countersign.gate.client import FrameRefused
from countersign.infra.logs import configure_logs
from countersign.infra.settings import load_settings, plain_path
from countersign.kernel.refusal import Kind, Refusal

# In the order of the help. A command loads its own module only: all of them take a second.
_MODULES = {
    "run": "run",
    "demo": "demo",
    "simulate": "simulate",
    "console": "console",
    "accounts": "accounts",
    "ingest": "ingest",
    "transfers": "transfers",
    "alerts": "alerts",
    "policy": "policy",
    "freeze": "freezes",
    "unfreeze": "freezes",
    "proof": "proof",
    "audit": "audit",
    "credential": "credentials",
    "backup": "backup",
    "restore": "restore",
    "doctor": "doctor",
    "service": "service",
    "bench": "bench",
}


class SystemRefused(Refusal):
    """The operating system refused {what}: {why}.

    See who owns it, its permissions and the free space, then ask again.
    """

    code = "cli.system_refused"
    kind = Kind.UNAVAILABLE
    chinese = "作業系統拒絕存取 {what}：{why}。請檢查其擁有者、權限與可用空間，然後重試。"


class DatabaseRefused(Refusal):
    """The database did not do this: {why}.

    See its log and the free space, or `countersign doctor`, then ask again.
    """

    code = "cli.database_refused"
    kind = Kind.UNAVAILABLE
    chinese = (
        "資料庫未能執行：{why}。請檢查其日誌與可用空間，或執行 `countersign doctor`，然後重試。"
    )


class NotAFolder(Refusal):
    """{folder} is not a folder; name the data folder with --data."""

    code = "cli.not_a_folder"
    kind = Kind.INVALID
    chinese = "{folder} 不是資料夾；請以 --data 指定資料夾。"


def parsed_from(words: Sequence[str]) -> argparse.Namespace:
    """What the words of a command line ask for; wrong usage ends the process."""
    parser = parser_for(words)
    if any(not _is_text(word) for word in words):
        parser.error("an argument is not UTF-8 text; a file with such a name has to be renamed")
    return parser.parse_args(words)


def run_command(parsed: argparse.Namespace) -> int:
    """Run one command and give its exit code."""
    terminal = Terminal(is_json=parsed.json, language=language_of(os.environ))
    own = getattr(parsed, "own_folder", "")  # Of a command that works in one of its own.
    if data := parsed.data or (own if not os.environ.get("COUNTERSIGN_DATA") else ""):
        os.environ["COUNTERSIGN_DATA"] = str(plain_path(data))
    try:
        return _run(parsed, terminal)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED


def _is_text(word: str) -> bool:
    """Bytes that are no text come as lone surrogates, which nothing can be told or written with."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def parser_for(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of these words' command; of all commands where they name none."""
    parser = CommandParser(
        prog=PROGRAM,
        description="The gate between channels that order transfers and rails that carry them.",
    )
    parser.add_argument("--version", action="version", version=version("countersign"))
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data", metavar="DIR", help="the data folder (default: $COUNTERSIGN_DATA or ./data)"
    )
    common.add_argument("--json", action="store_true", help="print one JSON value")
    subcommands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    asked = _MODULES.get(words[0]) if words else None
    for name in [asked] if asked else dict.fromkeys(_MODULES.values()):
        import_module(f"countersign.entrypoints.cli.{name}").add(subcommands, common)
    return parser


def _run(parsed: argparse.Namespace, terminal: Terminal) -> int:
    command: Command = parsed.command
    try:
        if not getattr(parsed, "reads_settings_itself", False):
            _require_folder()
            parsed.settings = load_settings()
            configure_logs(parsed.settings.log_level)
        return command(parsed, terminal)
    except Refusal as refusal:
        return terminal.refusal(refusal)
    except FrameRefused as refusal:
        return terminal.refused_code(refusal.code)
    except OperationalError as error:
        return terminal.refusal(_of_database(error, parsed.settings.data_dir))
    except BrokenPipeError:
        raise
    except OSError as error:
        what = error.filename if isinstance(error.filename, str) else "a file or connection"
        return terminal.refusal(SystemRefused(what=what, why=str(error.strerror)))


def _of_database(error: OperationalError, data_dir: Path) -> Refusal:
    """Nothing runs where no connection came about and nobody holds the lock; else say why."""
    if error.sqlstate is None and running_process(data_dir) is None:
        return NotRunning(folder=str(data_dir))
    why = error.diag.message_primary or (str(error).splitlines() or [""])[0]
    return DatabaseRefused(why=visible(why.rstrip(".")))


def _require_folder() -> None:
    """Refuse a data folder that is a file or a pipe; one that is not there may come."""
    folder = plain_path(os.environ.get("COUNTERSIGN_DATA") or "data")
    try:
        (folder / "anything").stat()
    except NotADirectoryError:
        raise NotAFolder(folder=str(folder)) from None
    except OSError:
        return
