"""`countersign restore --from FILE`: an installation out of its backup, into an empty folder."""

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from countersign.entrypoints.backup.keys import key_path
from countersign.entrypoints.backup.restoring import (
    Restored,
    check_backup,
    restore_installation,
)
from countersign.entrypoints.cli.ending import Ending
from countersign.entrypoints.cli.parsing import Subcommands, add_command
from countersign.entrypoints.cli.terminal import Terminal
from countersign.flows.backup.checking import Checked
from countersign.infra.clock import moment
from countersign.infra.secrets_file import UnreadableSecrets
from countersign.infra.settings import Settings, plain_path


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        subcommands,
        common,
        "restore",
        restore,
        "bring an installation back from a backup, into an empty data folder",
    )
    parser.add_argument(
        "--from", type=Path, required=True, metavar="FILE", dest="file", help="the backup"
    )
    parser.add_argument(
        "--key-file", type=Path, metavar="FILE", help="the key (default: as for `run`)"
    )
    parser.add_argument(
        "--check", action="store_true", help="read the backup to its end; restore nothing"
    )
    parser.add_argument(
        "--without-settings",
        action="store_true",
        help="put the backup's countersign.toml aside instead of into force",
    )
    parser.add_argument(
        "--roles-file",
        type=Path,
        metavar="FILE",
        help="passwords of database roles that are there already, as in secrets/database.json",
    )


def restore(arguments: argparse.Namespace, terminal: Terminal) -> int:
    Ending()
    settings = _settings(arguments)
    file = plain_path(arguments.file)
    terminal.progress(f"checking {file.name}")
    if arguments.check:
        checked = check_backup(file, settings=settings, progress=terminal.progress)
        return terminal.value(_value(checked), "\n".join(_lines(checked)) + "\nit is whole")
    if arguments.roles_file and not arguments.roles_file.is_file():
        raise UnreadableSecrets(path=str(arguments.roles_file))
    restored = restore_installation(
        file,
        settings=settings,
        with_settings_file=not arguments.without_settings,
        roles_file=arguments.roles_file,
        progress=terminal.progress,
    )
    return _said(terminal, restored, settings)


def _settings(arguments: argparse.Namespace) -> Settings:
    settings: Settings = arguments.settings
    if arguments.key_file is None:
        return settings
    return replace(settings, key_file=plain_path(arguments.key_file), passphrase_file=None)


def _said(terminal: Terminal, restored: Restored, settings: Settings) -> int:
    checked = restored.checked
    for_run = key_path(restored.settings)
    value = {
        **_value(checked),
        "data": str(settings.data_dir),
        "verified": True,
        "key_for_run": str(for_run),
        "left_out": list(restored.left_out),
    }
    lines = [f"restored into {settings.data_dir}:", *_lines(checked), *_WARNINGS]
    if for_run != key_path(settings):
        lines.append(f"`run` will look for the key at {for_run}: put it there, or set key_file.")
    if restored.left_out:
        lines.append(f"left out, not of Countersign's making: {', '.join(restored.left_out)}")
    data = f"--data {shlex.quote(str(settings.data_dir))}"
    lines.append(f"Then: `countersign run {data}`, and `countersign audit verify {data}`.")
    return terminal.value(value, "\n".join(lines))


_WARNINGS = (
    "IMPORTANT: orders that were acknowledged after that batch are not in it. Compare the size of",
    "the log with the newest checkpoint that anyone has witnessed: what lies beyond it is missing.",
    "IMPORTANT: a transfer that was sent after that batch looks unsent here, so the rail is asked",
    "about each one before it is sent. An order that came after it is unknown: if a channel sends",
    "it again it will be paid again. Compare with the rail's statement before taking files in.",
    "IMPORTANT: the old installation must never run again beside this one: two gates of one",
    "instance would settle the same money twice. Make sure it is stopped for good.",
)


def _value(checked: Checked) -> dict[str, object]:
    manifest, sums = checked.manifest, checked.sums
    return {
        "instance": manifest.instance.hex(),
        "name": manifest.name,
        "made_ms": manifest.made_ms,
        "made_by": manifest.made_by,
        "tables": sums.tables,
        "rows": sums.rows,
        "batch_seq": sums.batch_seq,
        "batch_ms": sums.batch_ms,
        "term": sums.term,
        "log_size": sums.log_size,
        "root": sums.root.hex(),
        "checkpoint": sums.checkpoint,
    }


def _lines(checked: Checked) -> list[str]:
    manifest, sums = checked.manifest, checked.sums
    of_what = f"{manifest.name} ({manifest.instance.hex()})"
    newest = f"newest batch {sums.batch_seq:,} of {moment(sums.batch_ms)}"
    return [
        f"{of_what}, backed up {moment(manifest.made_ms)} by version {manifest.made_by}",
        f"{sums.rows:,} rows of {sums.tables} tables; {newest}",
        f"{sums.log_size:,} commands in the log, root {sums.root.hex()}",
    ]
