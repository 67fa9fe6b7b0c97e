"""`countersign audit verify|key`: the whole journal held against what was signed."""

import argparse
from dataclasses import asdict

import psycopg

from countersign.entrypoints.cli.parsing import Subcommands, add_command, group
from countersign.entrypoints.cli.terminal import DONE, REFUSED, Terminal
from countersign.entrypoints.installation import load_installation
from countersign.flows.verify_audit import verify_audit
from countersign.infra.database import Role


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "audit", "verify the journal and its log")
    add_command(commands, common, "verify", verify, "check every batch, row, posting, key and tile")
    add_command(commands, common, "key", key, "print the log's public key, to give to others")


def verify(arguments: argparse.Namespace, terminal: Terminal) -> int:
    installation = load_installation(arguments.settings)
    keyset = installation.keyset()
    with psycopg.connect(installation.dsn(Role.APP)) as connection:
        report = verify_audit(
            connection,
            instance=installation.instance,
            gate_key=keyset.signing_key("gate").public_key(),
            log=installation.log_verifier(keyset),
            # Read before the journal: what is in the file was durable by then.
            kept=installation.head.read(),
            progress=lambda done, of: terminal.progress(f"{done:,} of {of:,} commands"),
        )
    value = {
        "clean": report.is_clean,
        "batches": report.batches,
        "commands": report.commands,
        "checkpoints": report.checkpoints,
        "root": report.root.hex(),
        "fault_count": report.fault_count,
        "faults": [asdict(fault) for fault in report.faults],
    }
    lines = [f"{report.batches:,} batches, {report.commands:,} commands, root {report.root.hex()}"]
    lines += [f"  {fault.kind}: {fault.what}" for fault in report.faults]
    lines.append("nothing is wrong" if report.is_clean else f"{report.fault_count:,} faults")
    terminal.value(value, "\n".join(lines))
    return DONE if report.is_clean else REFUSED


def key(arguments: argparse.Namespace, terminal: Terminal) -> int:
    installation = load_installation(arguments.settings)
    text = installation.log_verifier(installation.keyset()).text()
    return terminal.value({"key": text}, text)
