"""`countersign ingest FILE...`: files of payments in, an answer beside each."""

import argparse
import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from countersign.channels.files import FileKind
from countersign.channels.model import PaymentResult, PaymentStatus
from countersign.entrypoints.cli.ending import Ending
from countersign.entrypoints.cli.parsing import Subcommands, add_command, connected
from countersign.entrypoints.cli.reasons import all_in_words
from countersign.entrypoints.cli.terminal import DONE, REFUSED, Terminal, visible
from countersign.entrypoints.installation import Installation, load_installation
from countersign.entrypoints.receiving import (
    UnreadableFile,
    archive_of,
    kind_of,
    opened,
    receive,
)
from countersign.entrypoints.saved_tokens import saved_tokens
from countersign.flows.ingest_file import Ingested, refused_whole, try_file
from countersign.gate.requests import CHANNEL_SOCKET, Query
from countersign.infra.iso20022.own_thread import in_own_thread
from countersign.kernel.refusal import Kind, Refusal

_TIMEOUT_SECONDS = 120
_ID_COLUMNS = 35  # As long as an id may be.


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
    kind = kind_of(arguments.mapping, schema_dir=arguments.settings.schema_dir)
    if arguments.dry_run:
        return lambda file, told: _tried(kind, file, told)
    installation = load_installation(arguments.settings)
    token = _token(installation, arguments.credential)
    gate = stack.enter_context(
        connected(installation, CHANNEL_SOCKET, token=token, timeout_seconds=_TIMEOUT_SECONDS)
    )
    gate.ask(Query.OWN_CREDENTIAL, None)  # Nothing is kept of what a stranger brings.
    archive = archive_of(installation)
    if arguments.mapping is not None:
        with opened(arguments.mapping) as stream:
            archive.keep(arguments.mapping.name, stream)
    return lambda file, told: receive(
        file,
        replies=arguments.reports or file.parent,
        archive=archive,
        gate=gate,
        kind=kind,
        progress=told.progress,
        tell=told.payment,
    )


def _summary(result: Ingested) -> str:
    if result.refusal:
        return f"{result.group_status}, refused whole: {result.refusal}: {result.sentence}"
    counts = ", ".join(f"{count:,} {status}" for status, count in result.statuses.items())
    return f"{result.group_status}: {counts}"


def _tried(kind: FileKind, file: Path, told: Told) -> Ingested:
    with opened(file) as stream:
        return in_own_thread(
            lambda: try_file(
                stream,
                progress=told.progress,
                tell=told.payment,
                kind=kind,
            )
        )


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
