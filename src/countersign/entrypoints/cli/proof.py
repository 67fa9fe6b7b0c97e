"""`countersign proof export|verify`: one transfer's story for others, checked offline."""

import argparse
from pathlib import Path

import psycopg

from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.cli.parsing import Subcommands, group, whole_number
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import load_installation
from countersign.flows.export_proof import export_proof
from countersign.flows.verify_proof import verify_proof
from countersign.gate.intake import Intake
from countersign.infra.database import Role
from countersign.kernel.refusal import Kind, Refusal
from countersign.vault.subjects import SubjectKeys


class UnreadableProof(Refusal):
    """The file {file} cannot be read: {why}; check its name and permissions."""

    code = "proof.unreadable_file"
    kind = Kind.NOT_FOUND
    chinese = "無法讀取檔案 {file}：{why}；請檢查名稱與權限。"


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "proof", "export and verify proofs of transfers")
    exporting = commands.add_parser("export", parents=[common], help="write one transfer's proof")
    exporting.add_argument("number", type=whole_number)
    exporting.add_argument(
        "--disclose",
        action="append",
        default=[],
        metavar="FIELD",
        help="also show this restricted field, for example creditor_name; may be repeated",
    )
    exporting.add_argument(
        "--since", type=whole_number, metavar="SIZE", help="an older checkpoint's size"
    )
    exporting.add_argument(
        "--output", type=Path, metavar="FILE", help="default: transfer-N.proof.json"
    )
    exporting.set_defaults(command=export)
    verifying = commands.add_parser("verify", parents=[common], help="check a proof, offline")
    verifying.add_argument("file", type=Path)
    verifying.add_argument(
        "--key", help="the log's key as `audit key` prints it; without it trust is not proven"
    )
    verifying.set_defaults(command=verify)


def export(arguments: argparse.Namespace, terminal: Terminal) -> int:
    installation = load_installation(arguments.settings)
    dsn = installation.dsn(Role.APP)
    keyset = installation.keyset()
    output = arguments.output or Path(f"transfer-{arguments.number}.proof.json")
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
            older_size=arguments.since,
        )
    output.write_bytes(proof)
    value = {"file": str(output), "bytes": len(proof)}
    return terminal.value(value, f"wrote {output} ({len(proof):,} bytes)")


def verify(arguments: argparse.Namespace, terminal: Terminal) -> int:
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        raise UnreadableProof(file=str(arguments.file), why=str(error.strerror)) from None
    trusted = Verifier.parse(arguments.key) if arguments.key else None
    proof = verify_proof(content, trusted)
    value = {
        "proven": True,
        "key_trusted": proof.is_key_trusted,
        "log": proof.log,
        "size": proof.size,
        "transfer": proof.transfer,
        "digest": proof.digest.hex(),
        "status": proof.status,
        "fields": dict(proof.fields),
        "withheld": list(proof.withheld),
    }
    lines = [f"proven: transfer {proof.transfer} of {proof.log} is {proof.status}"]
    lines += [f"  {name}: {shown}" for name, shown in proof.fields.items() if shown is not None]
    lines.append(f"  withheld: {', '.join(proof.withheld) or 'nothing'}")
    if not proof.is_key_trusted:
        lines.append("  the key came with the proof itself: give --key to know who vouches for it")
    return terminal.value(value, "\n".join(lines))
