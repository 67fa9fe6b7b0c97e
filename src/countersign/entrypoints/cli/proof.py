"""`countersign proof export|verify`: one transfer's story for others, checked offline."""

import argparse
import textwrap
from pathlib import Path

import psycopg

from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.cli.parsing import (
    Subcommands,
    add_command,
    amount_text,
    group,
    whole_number,
)
from countersign.entrypoints.cli.terminal import REFUSED, Terminal, visible
from countersign.entrypoints.installation import NotSetUp, load_installation
from countersign.flows.export_proof import export_proof
from countersign.flows.verify_proof import VerifiedProof, verify_proof
from countersign.gate.intake import Intake
from countersign.infra.database import Role
from countersign.infra.settings import Settings
from countersign.kernel.refusal import Kind, Refusal
from countersign.vault.subjects import SubjectKeys


class UnreadableProof(Refusal):
    """The file {file} cannot be read: {why}; check its name and permissions."""

    code = "proof.unreadable_file"
    kind = Kind.NOT_FOUND
    chinese = "無法讀取檔案 {file}：{why}；請檢查名稱與權限。"


class CannotWriteProof(Refusal):
    """The proof cannot be written to {file}: {why}; name a place that can be with --output."""

    code = "proof.cannot_write"
    kind = Kind.UNAVAILABLE
    chinese = "無法將證明寫入 {file}：{why}；請以 --output 指定可寫入的位置。"


class ProofExists(Refusal):
    """{file} exists already, and a proof never replaces a file; name another one with --output."""

    code = "proof.file_exists"
    kind = Kind.CONFLICT
    chinese = "{file} 已存在，證明絕不取代既有檔案；請以 --output 指定其他檔案。"


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "proof", "export and verify proofs of transfers")
    exporting = add_command(commands, common, "export", export, "write one transfer's proof")
    exporting.add_argument("number", type=whole_number, help="the transfer's number")
    fields = exporting.add_mutually_exclusive_group()
    fields.add_argument(
        "--disclose",
        action="append",
        default=[],
        metavar="FIELD",
        help="also show this restricted field, for example creditor_name; may be repeated",
    )
    fields.add_argument(
        "--only",
        type=_field_names,
        metavar="FIELD,...",
        help="show exactly these fields, for example currency,creditor_name; with '' none, but the"
        " digest, the events and the status",
    )
    exporting.add_argument(
        "--since",
        type=whole_number,
        metavar="SIZE",
        help="also prove that the log of this older size is the beginning of the log now",
    )
    exporting.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="a new file to write it to (default: transfer-N.proof.json)",
    )
    verifying = add_command(
        commands,
        common,
        "verify",
        verify,
        "check a proof, offline",
        description="Check a proof, offline. It is verified with the key that is given, else with"
        " the key of the installation in the data folder. Where there is neither it is at best"
        " consistent: it fits together, but it is not shown whose log it is from, and this ends"
        " with 1.",
    )
    verifying.add_argument("file", type=Path, help="the proof, as `proof export` wrote it")
    verifying.add_argument(
        "--key", help="the log's key as `audit key` prints it (default: this installation's)"
    )


def _field_names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")] if text else []


def export(arguments: argparse.Namespace, terminal: Terminal) -> int:
    installation = load_installation(arguments.settings)
    dsn = installation.dsn(Role.APP)
    keyset = installation.keyset()
    output = arguments.output or Path(f"transfer-{arguments.number}.proof.json")
    terminal.progress(f"making the proof of transfer {arguments.number}")
    with (
        psycopg.connect(dsn) as connection,
        SubjectKeys(lambda: psycopg.connect(dsn), keyset, installation.instance) as keys,
    ):
        proof = export_proof(
            connection,
            intake=Intake(keys),
            log=installation.log_verifier(keyset),
            transfer=arguments.number,
            disclose=arguments.disclose,
            only=arguments.only,
            older_size=arguments.since,
        )
    _write_new(output, proof)
    value = {"file": str(output), "bytes": len(proof)}
    return terminal.value(value, f"wrote {output} ({len(proof):,} bytes)")


def _write_new(file: Path, content: bytes) -> None:
    try:
        stream = file.open("xb")
    except FileExistsError:
        raise ProofExists(file=str(file)) from None
    except OSError as error:
        raise CannotWriteProof(file=str(file), why=str(error.strerror)) from None
    try:
        with stream:
            stream.write(content)
    except OSError as error:
        # A part of it would stand in the way of the next try.
        file.unlink(missing_ok=True)
        raise CannotWriteProof(file=str(file), why=str(error.strerror)) from None


def verify(arguments: argparse.Namespace, terminal: Terminal) -> int:
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        raise UnreadableProof(file=str(arguments.file), why=str(error.strerror)) from None
    terminal.progress(f"checking {arguments.file.name}")
    trusted, whose = _trusted(arguments.key, arguments.settings)
    proof = verify_proof(content, trusted)
    value = {
        "verdict": proof.verdict,
        "key": whose,
        "log": proof.log,
        "size": proof.size,
        "transfer": proof.transfer,
        "digest": proof.digest.hex(),
        "status": proof.status,
        "fields": dict(proof.fields),
        "withheld": list(proof.withheld),
    }
    done = terminal.value(value, "\n".join(_lines(proof, whose)))
    return done if proof.is_key_trusted else REFUSED


def _trusted(key: str | None, settings: Settings) -> tuple[Verifier | None, str]:
    """The key to check with and whose it is; none where only the file has one."""
    if key is not None:
        return Verifier.parse(key), "yours"
    try:
        installation = load_installation(settings)
    except NotSetUp:
        return None, "of the file"
    return installation.log_verifier(installation.keyset()), "of this installation"


def _lines(proof: VerifiedProof, whose: str) -> list[str]:
    """What is shown; a file that nobody vouches for may hold any text."""
    of = f"transfer {proof.transfer} of {visible(proof.log)}"
    lines = [f"{proof.verdict}: {of} is {proof.status} (key: {whose})"]
    for name, shown in proof.fields.items():
        if name == "instructed_amount":
            lines.append(f"  {name}: {_amount(shown, proof.fields.get('currency'))}")
        elif shown is not None and name != "currency":
            lines.append(f"  {name}: {visible(str(shown))}")
    withheld = f"withheld: {', '.join(proof.withheld) or 'nothing'}"
    lines += textwrap.wrap(withheld, initial_indent="  ", subsequent_indent="    ")
    if not proof.is_key_trusted:
        lines.append(
            "It fits together, but it is not shown whose log it is from: anyone can make such a"
            " file. Give the log's key with --key."
        )
    return lines


def _amount(units: object, currency: object) -> str:
    try:
        return f"{amount_text(int(str(units)), str(currency))} {currency}"
    except (ValueError, Refusal):
        return visible(f"{units} {currency}")
