"""`countersign backup --to FILE`: one sealed file of the whole installation, without its key."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from countersign.entrypoints.backup.backing_up import Made, back_up_installation
from countersign.entrypoints.backup.keys import key_path
from countersign.entrypoints.cli.ending import Ending
from countersign.entrypoints.cli.parsing import Subcommands, add_command
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import Installation, load_installation
from countersign.flows.backup.errors import CannotWrite
from countersign.infra.clock import SystemClock

SUFFIX = ".csbackup"


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        subcommands,
        common,
        "backup",
        backup,
        "write a sealed backup; also while everything runs",
    )
    parser.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="FILE",
        help=f"a new file, named NAME{SUFFIX}; in a folder that is there it gets a name by itself",
    )


def backup(arguments: argparse.Namespace, terminal: Terminal) -> int:
    Ending()
    installation = load_installation(arguments.settings)
    terminal.progress("reading the database")
    file = _named(arguments.to.absolute(), installation)
    made = back_up_installation(
        installation,
        file,
        progress=lambda size, table: terminal.progress(f"{size:,} bytes, {table}"),
    )
    key = key_path(installation.settings)
    return terminal.value(_value(installation, made, key), _text(made, key))


def _named(to: Path, installation: Installation) -> Path:
    try:
        is_folder = to.is_dir()
    except OSError as error:
        raise CannotWrite(file=str(to), why=str(error.strerror)) from None
    if not is_folder:
        return to
    now = datetime.fromtimestamp(SystemClock().now_ms() // 1000, UTC)
    return to / f"{installation.name}-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"


def _value(installation: Installation, made: Made, key: Path) -> dict[str, object]:
    sums = made.sums
    return {
        "file": str(made.file),
        "bytes": made.bytes,
        "instance": installation.instance.hex(),
        "name": installation.name,
        "tables": sums.tables,
        "rows": sums.rows,
        "batch_seq": sums.batch_seq,
        "term": sums.term,
        "log_size": sums.log_size,
        "root": sums.root.hex(),
        "checkpoint": sums.checkpoint,
        "key": str(key),
        "key_is_beside": key.parent.resolve() == made.file.parent.resolve(),
    }


def _text(made: Made, key: Path) -> str:
    sums = made.sums
    lines = [
        f"wrote {made.file} ({made.bytes:,} bytes): {sums.rows:,} rows of {sums.tables} tables",
        f"batch {sums.batch_seq:,}, {sums.log_size:,} commands in the log, root {sums.root.hex()}",
        f"IMPORTANT: the key is NOT in this backup: {key}",
        "Without it the backup is worthless. Keep a copy of it in another place than the backups.",
    ]
    if key.parent.resolve() == made.file.parent.resolve():
        lines.append(
            "WARNING: the backup lies beside its key, so whoever takes the folder can read it."
        )
    return "\n".join(lines)
