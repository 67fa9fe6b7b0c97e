"""`countersign backup --to FILE`: one sealed file of the whole installation, without its key."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from countersign.entrypoints.backup.backing_up import Made, back_up_installation
from countersign.entrypoints.backup.keys import key_path
from countersign.entrypoints.cli.ending import Ending
from countersign.entrypoints.cli.parsing import Subcommands, add_command
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import Installation, load_installation
from countersign.flows.backup.errors import CannotWrite, InsideData, NoSuchFolder
from countersign.infra.clock import SystemClock
from countersign.infra.settings import plain_path

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
        required=True,
        metavar="FILE",
        help=f"a new file, such as demo{SUFFIX}; in a folder that is there, such as /backups/, it"
        " gets a name by itself",
    )


def backup(arguments: argparse.Namespace, terminal: Terminal) -> int:
    Ending()
    installation = load_installation(arguments.settings)
    terminal.progress("reading the database")
    file = _named(arguments.to, installation)
    made = back_up_installation(
        installation,
        file,
        progress=lambda size, table: terminal.progress(f"{size:,} bytes, {table}"),
    )
    key = key_path(installation.settings)
    return terminal.value(_value(installation, made, key), _text(made, key))


def _named(text: str, installation: Installation) -> Path:
    """The file to write; a path that ends in a slash is meant as a folder."""
    to = plain_path(text)
    try:
        is_folder = to.is_dir()
    except OSError as error:
        raise CannotWrite(file=str(to), why=str(error.strerror)) from None
    if Path(os.path.realpath(to)).is_relative_to(os.path.realpath(installation.data_dir)):
        raise InsideData(file=str(to), folder=str(installation.data_dir))
    if not is_folder:
        # It is not made: what is missing may be a disk, and the backup would lie beside the data.
        if text.endswith("/"):
            raise NoSuchFolder(folder=str(to))
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
