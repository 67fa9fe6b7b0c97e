"""`countersign ingest FILE...`: files of payments in, an answer beside each."""

import argparse
import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psycopg

from countersign.channels.csv_files import CsvFiles
from countersign.channels.files import FileKind, MessageFiles
from countersign.channels.mapping import MAPPING_BYTES_MAX, read_mapping
from countersign.channels.model import PaymentResult, PaymentStatus, ReportHead
from countersign.entrypoints.cli.credentials import saved_tokens
from countersign.entrypoints.cli.ending import Ending
from countersign.entrypoints.cli.parsing import Subcommands, add_command, connected
from countersign.entrypoints.cli.reasons import all_in_words
from countersign.entrypoints.cli.terminal import DONE, REFUSED, Terminal, visible
from countersign.entrypoints.installation import Installation, load_installation
from countersign.flows.ingest_file import Ingested, ingest_file, refused_whole, try_file
from countersign.gate.client import GateClient
from countersign.gate.requests import CHANNEL_SOCKET, Query
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role
from countersign.infra.iso20022.own_thread import in_own_thread
from countersign.kernel.ids import new_id
from countersign.kernel.refusal import Kind, Refusal
from countersign.vault.files import SealedFiles
from countersign.vault.subjects import SubjectKeys

_TIMEOUT_SECONDS = 120
_ID_COLUMNS = 35  # As long as an id may be.
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


class SeveralTokens(Refusal):
    """Several tokens are saved here ({names}); name the one to order with by --credential."""

    code = "ingest.several_tokens"
    kind = Kind.INVALID
    chinese = "此處保存了多個令牌（{names}）；請以 --credential 指定要用的一個。"


class NoSuchToken(Refusal):
    """No token is saved as {name}; `credential create NAME --save` saves one as it makes it."""

    code = "ingest.no_such_token"
    kind = Kind.NOT_FOUND
    chinese = "沒有以 {name} 保存的令牌；`credential create NAME --save` 會在建立時保存。"


class UnreadableFile(Refusal):
    """The file {file} cannot be read: {why}; check its name and permissions."""

    code = "ingest.unreadable_file"
    kind = Kind.NOT_FOUND
    chinese = "無法讀取檔案 {file}：{why}；請檢查名稱與權限。"


class CannotWriteReport(Refusal):
    """The answer to {file} cannot be written to {folder}: {why}.

    Nothing more is ordered. Name another folder with --reports and take the same file in again:
    what was ordered already is not ordered twice.
    """

    code = "ingest.cannot_write_report"
    kind = Kind.UNAVAILABLE
    chinese = (
        "無法將 {file} 的回覆寫入 {folder}：{why}。不再下達任何指令。"
        "請以 --reports 指定其他資料夾並重新匯入同一檔案：已下達者不會重複下達。"
    )


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        subcommands,
        common,
        "ingest",
        ingest,
        "order the payments of pain.001 and pacs.008 files; a report answers each",
        description="Order the payments of pain.001 and pacs.008 files; a pain.002 or pacs.002"
        " answers each. A line for each payment says what became of it and why. Ends with 1 if a"
        " file was refused whole or nothing of it was accepted (RJCT), with 0 if all or a part of"
        " each was accepted or is pending. A file that is refused or cannot be read does not stop"
        " the next one.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a pain.001 (.03 to .13) or pacs.008 (.08 to .12), or CSV with --mapping",
    )
    parser.add_argument(
        "--mapping",
        type=Path,
        metavar="TOML",
        help="the files are CSV, and this says what their columns are; a CSV answers each",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check form and content of the files, not accounts, funds or rules; order nothing",
    )
    parser.add_argument(
        "--credential",
        metavar="NAME",
        help="use the token saved under this name (default: $COUNTERSIGN_TOKEN, else the only one"
        " that is saved)",
    )
    parser.add_argument(
        "--reports", type=Path, metavar="DIR", help="where answers go (default: beside the file)"
    )


_TOLD_MAX = 10_000  # Payments in one JSON value, which is held in memory.


class Told:
    """One file's payments as they come: lines for people, else kept for the one JSON value."""

    def __init__(self, terminal: Terminal, file: Path, ending: Ending) -> None:
        self._terminal = terminal
        self._ending = ending
        self._name = file.name
        self.payments: list[dict[str, object]] = []
        self.untold = 0
        terminal.progress(f"{self._name}: checking")

    def progress(self, done: int, of: int) -> None:
        self._ending.heed()  # What was ordered by now is not ordered again by the same file.
        self._terminal.progress(f"{self._name}: {done:,} of {of:,}")

    def payment(self, result: PaymentResult, reasons: Sequence[str]) -> None:
        if self._terminal.is_json:
            if len(self.payments) >= _TOLD_MAX:
                self.untold += 1  # The report beside the file has them all.
                return
            self.payments.append(
                {
                    "end_to_end_id": result.end_to_end_id,
                    "status": result.status,
                    "reason_code": result.reason_code,
                    "reasons": list(reasons),
                    "text": result.text,
                }
            )
            return
        # A file's own sentence names the element at fault, which the words of a code do not.
        words = all_in_words(reasons) if len(reasons) > 1 or result.text in reasons else result.text
        parts = (result.status, result.reason_code or "", words or "")
        line = f"{visible(result.end_to_end_id or '-'):<{_ID_COLUMNS}}  {'  '.join(parts)}"
        self._terminal.say("  " + visible(line.rstrip()))


def ingest(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Go on with the next file when one is refused; the exit code tells that one was."""
    ending = Ending()
    with contextlib.ExitStack() as stack:
        take = _taking(arguments, stack)
        said = []
        for file in arguments.files:
            told = Told(terminal, file, ending)
            try:
                result = take(file, told)
            except UnreadableFile as refusal:
                result = refused_whole(refusal)
            terminal.say(f"{visible(file.name)}: {_summary(result)}")
            value = {
                "file": visible(str(file)),
                "result": result,
                "payments": told.payments,
                "payments_not_listed": told.untold,
            }
            said.append((value, result.group_status == PaymentStatus.REJECTED))
    if terminal.is_json:
        terminal.value([value for value, _ in said], "")
    return REFUSED if any(is_refused for _, is_refused in said) else DONE


def _taking(
    arguments: argparse.Namespace, stack: contextlib.ExitStack
) -> Callable[[Path, Told], Ingested]:
    """What is done with each file."""
    kind = _kind(arguments)
    if arguments.dry_run:
        return lambda file, told: _tried(arguments, kind, file, told)
    installation = load_installation(arguments.settings)
    token = _token(installation, arguments.credential)
    gate = stack.enter_context(
        connected(installation, CHANNEL_SOCKET, token=token, timeout_seconds=_TIMEOUT_SECONDS)
    )
    gate.ask(Query.IS_KNOWN, None)  # Nothing is kept of what a stranger brings.
    if arguments.mapping is not None:
        with _opened(arguments.mapping) as stream:
            _keep_sealed(installation, arguments.mapping.name, stream)
    return lambda file, told: _ingested(
        arguments, installation, gate, kind=kind, file=file, told=told
    )


def _kind(arguments: argparse.Namespace) -> FileKind:
    if arguments.mapping is None:
        return MessageFiles(arguments.settings.schema_dir)
    with _opened(arguments.mapping) as stream:
        return CsvFiles(read_mapping(stream.read(MAPPING_BYTES_MAX + 1)))


def _summary(result: Ingested) -> str:
    if result.refusal:
        return f"{result.group_status}, refused whole: {result.refusal}: {result.sentence}"
    counts = ", ".join(f"{count:,} {status}" for status, count in result.statuses.items())
    return f"{result.group_status}: {counts}"


def _tried(arguments: argparse.Namespace, kind: FileKind, file: Path, told: Told) -> Ingested:
    with _opened(file) as stream:
        return in_own_thread(
            lambda: try_file(
                stream,
                schema_dir=arguments.settings.schema_dir,
                progress=told.progress,
                tell=told.payment,
                kind=kind,
            )
        )


def _ingested(
    arguments: argparse.Namespace,
    installation: Installation,
    gate: GateClient,
    *,
    kind: FileKind,
    file: Path,
    told: Told,
) -> Ingested:
    now_ms = SystemClock().now_ms()
    head = ReportHead(message_id=f"CS{new_id(now_ms).hex()}", created_ms=now_ms)
    folder = arguments.reports or file.parent
    with _opened(file) as stream, _whole_report(folder, file.name, _mode(stream)) as report:
        _keep_sealed(installation, file.name, stream)
        stream.seek(0)
        result = in_own_thread(
            lambda: ingest_file(
                stream,
                gate=gate,
                report=report.target,
                head=head,
                schema_dir=arguments.settings.schema_dir,
                progress=told.progress,
                tell=told.payment,
                kind=kind,
            )
        )
        report.ending = result.report
        return result


@dataclass
class _Report:
    target: BinaryIO
    ending: str | None = None  # Of its name; None where there is nothing to answer.


@contextlib.contextmanager
def _whole_report(folder: Path, name: str, mode: int) -> Iterator[_Report]:
    """The report is there whole or not at all, and no more people may read it than the file.

    Its part has one name and a lock on it: what a killed process left is taken over, and two
    processes never answer one file at a time.
    """
    part = folder / f".{name}.part"
    try:
        with _locked(part) as target:
            try:
                os.fchmod(target.fileno(), mode & 0o666)
                report = _Report(target)
                yield report
                target.flush()
                os.fsync(target.fileno())
                if report.ending is not None:
                    part.replace(folder / f"{name}.{report.ending}")
            finally:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
    except OSError as error:
        is_locked = error.errno == errno.EWOULDBLOCK
        why = "another process is answering it" if is_locked else str(error.strerror)
        raise CannotWriteReport(file=name, folder=str(folder), why=why) from None


def _locked(part: Path) -> BinaryIO:
    """The part, empty and locked until it is closed."""
    while True:
        target = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "wb")
        try:
            fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = os.fstat(target.fileno())
            # Before it was locked, another process may have given it its last name or removed it;
            # with a second name it would be somebody's other file.
            if part.exists() and part.stat().st_ino == found.st_ino and found.st_nlink == 1:
                target.truncate(0)
                return target
            if found.st_nlink > 1:
                part.unlink(missing_ok=True)
        except BaseException:
            target.close()
            raise
        target.close()


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


def _token(installation: Installation, name: str | None) -> str:
    """The token that was named; else the variable's; else the only one that is saved."""
    saved = saved_tokens(installation)
    if name is None:
        if token := os.environ.get("COUNTERSIGN_TOKEN"):
            return token
        if not saved:
            raise NoToken
        if len(saved) > 1:
            raise SeveralTokens(names=", ".join(saved))
        name = next(iter(saved))
    if name not in saved:
        raise NoSuchToken(name=name)
    return saved[name].read_text(encoding="utf-8")


def _mode(stream: BinaryIO) -> int:
    return os.fstat(stream.fileno()).st_mode


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        if file.exists() and not file.is_file():
            raise UnreadableFile(file=str(file), why="it is not a regular file")
        stream = file.open("rb")
    except OSError as error:
        raise UnreadableFile(file=str(file), why=str(error.strerror)) from None
    with stream:
        yield stream
