"""The kinds of file that order transfers: how each is read, known again and answered.

A kind is asked for everything that differs; the flow from file to gate is one for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from countersign.channels.credit_transfers import (
    CheckedMessage,
    check_message,
    read_header,
    read_instructions,
)
from countersign.channels.model import (
    Header,
    Instruction,
    PaymentResult,
    PaymentStatus,
    Rejected,
    ReportHead,
)
from countersign.channels.status_reports import write_rejection, write_status_report
from countersign.channels.versions import VERSIONS
from countersign.kernel.refusal import Refusal


class FileKind(Protocol):
    """One kind of file. Streams are seekable and read from their start."""

    def check(self, stream: BinaryIO) -> CheckedMessage:
        """Check the file as a whole; raises the refusal of all of it."""
        ...

    def payments(
        self, stream: BinaryIO, checked: CheckedMessage
    ) -> Iterator[Instruction | Rejected]:
        """The payments of a checked file in their order."""
        ...

    def header_of_refused(self, stream: BinaryIO) -> Header | None:
        """What a file that was refused whole says of itself; None if there is nothing to answer."""
        ...

    def key_text(self, header: Header, payment: Instruction | Rejected) -> str:
        """What makes this payment of this file known again, whenever the file comes."""
        ...

    def report_name(self, header: Header) -> str:
        """How an answer's name goes on after the name of the file."""
        ...

    def write_report(
        self,
        target: BinaryIO,
        *,
        head: ReportHead,
        header: Header,
        counts: Mapping[PaymentStatus, int],
        results: Iterable[PaymentResult],
    ) -> None:
        """The answer to a file whose payments were decided."""
        ...

    def write_rejection(
        self, target: BinaryIO, *, head: ReportHead, header: Header, refusal: Refusal
    ) -> None:
        """The answer to a file that was refused whole."""
        ...


class MessageFiles:
    """ISO 20022 messages: a pain.001, answered by a pain.002, or a pacs.008, by a pacs.002."""

    def __init__(self, schema_dir: Path | None) -> None:
        self._schema_dir = schema_dir

    def check(self, stream: BinaryIO) -> CheckedMessage:
        return check_message(stream, schema_dir=self._schema_dir)

    def payments(
        self, stream: BinaryIO, checked: CheckedMessage
    ) -> Iterator[Instruction | Rejected]:
        return read_instructions(stream, checked, schema_dir=self._schema_dir)

    def header_of_refused(self, stream: BinaryIO) -> Header | None:
        return read_header(stream, schema_dir=self._schema_dir)

    def key_text(self, header: Header, payment: Instruction | Rejected) -> str:
        block_id = payment.payment_information_id
        ids = [header.message_id, *([] if block_id is None else [block_id])]
        return "\x00".join([f"{_name(header.version)}/v1", *ids, str(payment.position)])

    def report_name(self, header: Header) -> str:
        return f"{_name(VERSIONS[header.version].status_report).replace('.', '')}.xml"

    def write_report(
        self,
        target: BinaryIO,
        *,
        head: ReportHead,
        header: Header,
        counts: Mapping[PaymentStatus, int],
        results: Iterable[PaymentResult],
    ) -> None:
        write_status_report(target, head=head, header=header, counts=counts, results=results)

    def write_rejection(
        self, target: BinaryIO, *, head: ReportHead, header: Header, refusal: Refusal
    ) -> None:
        write_rejection(target, head=head, header=header, refusal=refusal)


def file_key_text(header: Header) -> str:
    """What makes a whole file known again: its message id, among the messages of its name.

    A CSV file has the hash of its bytes for a message id, so a corrected one is another.
    """
    return f"file/v1\x00{_name(header.version)}\x00{header.message_id}"


def request_key(text: str, *, length: int) -> bytes:
    """The key under which the gate knows what `key_text` says."""
    return sha256(f"countersign/{text}".encode()).digest()[:length]


def _name(version: str) -> str:
    """The message without its version, such as pain.001."""
    return version[: len("pain.001")]
