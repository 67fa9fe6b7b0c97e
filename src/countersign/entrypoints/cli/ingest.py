"""`countersign ingest FILE...`: pain.001 files in, a pain.002 beside each."""

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import psycopg

from countersign.channels.pain002 import ReportHead
from countersign.entrypoints.cli.credentials import saved_token
from countersign.entrypoints.cli.parsing import Subcommands
from countersign.entrypoints.cli.terminal import DONE, REFUSED, Terminal
from countersign.entrypoints.installation import Installation, load_installation
from countersign.flows.ingest_file import Ingested, ingest_file, try_file
from countersign.gate.client import GateClient
from countersign.gate.requests import CHANNEL_SOCKET
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role
from countersign.infra.iso20022.own_thread import in_own_thread
from countersign.kernel.ids import new_id
from countersign.kernel.refusal import Kind, Refusal
from countersign.vault.files import SealedFiles
from countersign.vault.subjects import SubjectKeys

_TIMEOUT_SECONDS = 120
# A sealed piece is held in memory whole.
_PIECE_BYTES = 8 * 1024 * 1024


class NoToken(Refusal):
    """No token for a channel was given.

    Create a credential with `credential create NAME --save`, or put a token in COUNTERSIGN_TOKEN.
    """

    code = "ingest.no_token"
    kind = Kind.FORBIDDEN
    chinese = (
        "未提供通道令牌；請以 `credential create NAME --save` 建立憑證，"
        "或將令牌放入 COUNTERSIGN_TOKEN。"
    )


class UnreadableFile(Refusal):
    """The file {file} cannot be read: {why}; check its name and permissions."""

    code = "ingest.unreadable_file"
    kind = Kind.NOT_FOUND
    chinese = "無法讀取檔案 {file}：{why}；請檢查名稱與權限。"


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    help_text = "order the payments of pain.001 files; a pain.002 answers each"
    parser = subcommands.add_parser(
        "ingest", parents=[common], help=help_text, description=help_text
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--dry-run", action="store_true", help="check only; order nothing")
    parser.add_argument("--credential", metavar="NAME", help="use the token saved under this name")
    parser.add_argument(
        "--reports", type=Path, metavar="DIR", help="where answers go (default: beside the file)"
    )
    parser.set_defaults(command=ingest)


def ingest(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Go on with the next file when one is refused; the exit code tells that one was."""
    if arguments.dry_run:
        results = [_tried(arguments, file) for file in arguments.files]
    else:
        installation = load_installation(arguments.settings)
        with GateClient(
            installation.sockets,
            CHANNEL_SOCKET,
            token=_token(installation, arguments.credential),
            timeout_seconds=_TIMEOUT_SECONDS,
        ) as gate:
            results = [
                _ingested(arguments, terminal, installation, gate, file) for file in arguments.files
            ]
    return _say(terminal, list(zip(arguments.files, results, strict=True)))


def _tried(arguments: argparse.Namespace, file: Path) -> Ingested:
    with _opened(file) as stream:
        return in_own_thread(lambda: try_file(stream, schema_dir=arguments.settings.schema_dir))


def _ingested(
    arguments: argparse.Namespace,
    terminal: Terminal,
    installation: Installation,
    gate: GateClient,
    file: Path,
) -> Ingested:
    now_ms = SystemClock().now_ms()
    head = ReportHead(message_id=f"CS{new_id(now_ms).hex()}", created_ms=now_ms)
    report = (arguments.reports or file.parent) / f"{file.name}.pain002.xml"
    unfinished = report.with_name(report.name + ".part")
    with _opened(file) as stream, unfinished.open("wb") as target:
        _keep_sealed(installation, file.name, stream)
        stream.seek(0)
        result = in_own_thread(
            lambda: ingest_file(
                stream,
                gate=gate,
                report=target,
                head=head,
                schema_dir=arguments.settings.schema_dir,
                progress=lambda done, total: terminal.progress(f"{file.name}: {done} of {total}"),
            )
        )
        target.flush()
        os.fsync(target.fileno())
    terminal.end_progress()
    # Whole or not at all, so that whoever watches the folder never reads half an answer.
    if unfinished.stat().st_size:
        unfinished.replace(report)
    else:
        unfinished.unlink()
    return result


def _keep_sealed(installation: Installation, name: str, stream: BinaryIO) -> None:
    """Keep the file as it came, sealed, before anything is done with it."""
    dsn = installation.dsn(Role.APP)
    with (
        psycopg.connect(dsn) as connection,
        SubjectKeys(
            lambda: psycopg.connect(dsn), installation.keyset(), installation.instance
        ) as keys,
    ):
        files = SealedFiles(keys)
        piece = 0
        while content := stream.read(_PIECE_BYTES):
            piece += 1
            file_id = new_id(SystemClock().now_ms())
            files.keep(connection, file_id=file_id, name=f"{name}#{piece}", content=content)


def _say(terminal: Terminal, results: list[tuple[Path, Ingested]]) -> int:
    if terminal.is_json:
        terminal.value([{"file": str(file), "result": result} for file, result in results], "")
    else:
        for file, result in results:
            said = ", ".join(f"{count} {status}" for status, count in result.statuses.items())
            if result.refusal:
                said = f"refused whole: {result.refusal}: {result.sentence}"
            terminal.say(f"{file.name}: {said}")
    return REFUSED if any(result.refusal for _, result in results) else DONE


def _token(installation: Installation, name: str | None) -> str:
    if name:
        token = saved_token(installation, name)
    else:
        token = os.environ.get("COUNTERSIGN_TOKEN") or _only_saved(installation)
    if not token:
        raise NoToken
    return token


def _only_saved(installation: Installation) -> str | None:
    folder = installation.data_dir / "tokens"
    names = sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []
    return saved_token(installation, names[0]) if len(names) == 1 else None


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        stream = file.open("rb")
    except OSError as error:
        raise UnreadableFile(file=file.name, why=str(error.strerror)) from None
    with stream:
        yield stream
