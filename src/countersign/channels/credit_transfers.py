"""Messages that order transfers (pain.001, pacs.008): a file in, its payments out, in two passes.

Pass 1 checks the whole file and refuses it whole, with nothing done: schema, counts, control sums,
ids that must be unique. Pass 2 gives each payment as an instruction or rejected for itself, and at
its end refuses a file that changed since pass 1. Memory is bounded: unique ids cost 20 bytes a
payment, nothing else grows. Both passes of a file run in one `own_thread.in_own_thread`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from lxml import etree

from countersign.channels.carried import OF_CUSTOMER_HEADER, OF_INTERBANK_HEADER, Carried
from countersign.channels.customer import CustomerReader
from countersign.channels.duplicates import SeenIds
from countersign.channels.elements import Elements
from countersign.channels.errors import (
    BlankMessageId,
    DuplicateInstructionId,
    DuplicateUetr,
    EnvelopeMismatch,
    MessageChanged,
    NotATransferMessage,
    NotCarried,
    UnsupportedSettlement,
    WrongBlockControlSum,
    WrongBlockNumberOfTransactions,
    WrongControlSum,
    WrongNumberOfTransactions,
    WrongTotalAmount,
)
from countersign.channels.interbank import InterbankReader
from countersign.channels.model import Header, Instruction, Rejected
from countersign.channels.totals import Tally, units_of
from countersign.channels.versions import CUSTOMER_VERSIONS, INTERBANK_VERSIONS, VERSIONS
from countersign.infra.iso20022.errors import UnsupportedMessage
from countersign.infra.iso20022.parser import HEADER_UNIT, Limits, MessageReader, Unit
from countersign.kernel.invariant import InvariantBroken
from countersign.kernel.refusal import Refusal

DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedMessage:
    """A file that passed as a whole; `digest` is the SHA-256 of its bytes."""

    header: Header
    digest: bytes


def check_message(
    stream: BinaryIO, *, schema_dir: Path | None, limits: Limits = DEFAULT_LIMITS
) -> CheckedMessage:
    """Pass 1 over a seekable file; raises the refusal of the whole file."""
    reader = _reader(stream, schema_dir, limits)
    check = _Check()
    try:
        for unit in reader.units():
            check.take(unit, reader.message)
    except UnsupportedMessage as refusal:
        message = str(refusal.details["message"])
        if message.startswith(_ORDERING) or "." not in message:
            raise  # A version that is not read, or no message at all.
        raise NotATransferMessage(message=message) from None
    return CheckedMessage(header=check.finished(), digest=reader.digest)


def read_instructions(
    stream: BinaryIO,
    checked: CheckedMessage,
    *,
    schema_dir: Path | None,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[Instruction | Rejected]:
    """Pass 2 over the same file; the payments in their order."""
    reader = _reader(stream, schema_dir, limits)
    version = checked.header.version
    kind = _KIND_OF[version]
    payments = kind.reader(header=checked.header, version=VERSIONS[version])
    position = 0
    for unit in reader.units():
        if reader.message not in ("", version):
            raise MessageChanged
        if unit.name == _HEADER:
            payments.take_header(unit.element)
        elif unit.name == _PAYMENT:
            position += 1
            yield payments.read(unit.element, path=unit.path, position=position)
    if reader.digest != checked.digest:
        raise MessageChanged


def read_header(
    stream: BinaryIO, *, schema_dir: Path | None, limits: Limits = DEFAULT_LIMITS
) -> Header | None:
    """The header of a file that was refused whole, to report on it; None if it has none to read."""
    # In small pieces, so that a fault further on does not hide a header before it.
    reader = _reader(stream, schema_dir, limits._replace(chunk_bytes=_HEADER_CHUNK_BYTES))
    try:
        for unit in reader.units():
            if unit.name == _HEADER:
                return _header(unit.element, reader.message)
    except Refusal:
        return None
    return None


_HEADER = "GrpHdr"
_BLOCK = "PmtInf"
_PAYMENT = "CdtTrfTxInf"
_SUPPLEMENT = "SplmtryData"


class _Kind(NamedTuple):
    """What differs between the messages that order transfers."""

    units: tuple[str, ...]
    amounts: tuple[str, ...]  # Of a payment; the first that is there is counted.
    header: Carried
    reader: Callable[..., CustomerReader | InterbankReader]


_CUSTOMER = _Kind(
    units=tuple(
        f"CstmrCdtTrfInitn/{unit}"
        for unit in (_HEADER, _BLOCK, f"{_BLOCK}/{_PAYMENT}", _SUPPLEMENT)
    ),
    amounts=("Amt/InstdAmt", "Amt/EqvtAmt/Amt"),
    header=OF_CUSTOMER_HEADER,
    reader=CustomerReader,
)
_INTERBANK = _Kind(
    units=tuple(f"FIToFICstmrCdtTrf/{unit}" for unit in (_HEADER, _PAYMENT, _SUPPLEMENT)),
    amounts=("IntrBkSttlmAmt",),
    header=OF_INTERBANK_HEADER,
    reader=InterbankReader,
)
_KIND_OF: Final = dict.fromkeys(CUSTOMER_VERSIONS, _CUSTOMER) | dict.fromkeys(
    INTERBANK_VERSIONS, _INTERBANK
)
_ORDERING = ("pain.001.", "pacs.008.")
_CLEARING = "CLRG"
_HEADER_CHUNK_BYTES = 256


def _reader(stream: BinaryIO, schema_dir: Path | None, limits: Limits) -> MessageReader:
    stream.seek(0)
    return MessageReader(
        stream,
        supported=VERSIONS,
        unit_paths={message: kind.units for message, kind in _KIND_OF.items()},
        optional_units={_SUPPLEMENT},
        schema_dir=schema_dir,
        limits=limits,
    )


def _header(element: etree._Element, message: str) -> Header:
    get = Elements(element)
    return Header(
        message_id=get.text("MsgId") or "",
        created=get.plain("CreDtTm") or "",
        number_of_transactions=int(get.text("NbOfTxs") or 0),
        control_sum=get.plain("CtrlSum"),
        initiating_party=get.party("InitgPty"),
        version=message,
    )


class _Check:
    """What pass 1 gathers, unit by unit."""

    def __init__(self) -> None:
        self._announced: str | None = None
        self._header: Header | None = None
        self._whole = Tally()
        self._block = Tally()
        self._instruction_ids = SeenIds()
        self._uetrs = SeenIds()
        self._uetr_path: str | None = None
        self._amounts: tuple[str, ...] = ()
        self._settlement: str | None = None
        self._total: str | None = None
        self._currency: str | None = None  # Of the total.

    def take(self, unit: Unit, message: str) -> None:
        if unit.name == _PAYMENT:
            self._take_payment(unit.element)
        elif unit.name == _BLOCK:
            self._end_block(unit)
        elif unit.name == _HEADER:
            self._take_header(unit.element, message)
        elif unit.name == _SUPPLEMENT:
            raise NotCarried(element=_SUPPLEMENT)  # It may say anything about all payments.
        elif unit.name == HEADER_UNIT:
            self._announced = _announced(unit.element)

    def finished(self) -> Header:
        """The header of a message in which everything agrees."""
        header = self._header
        if header is None:
            raise InvariantBroken("the schema demands a header before the end")
        if self._settlement not in {None, _CLEARING}:
            raise UnsupportedSettlement(method=str(self._settlement))
        if header.number_of_transactions != self._whole.count:
            raise WrongNumberOfTransactions(
                stated=header.number_of_transactions, counted=self._whole.count
            )
        if not self._whole.has_sum(header.control_sum):
            raise WrongControlSum
        if not self._whole.has_sum(self._total):
            raise WrongTotalAmount
        for seen, refusal in (
            (self._instruction_ids, DuplicateInstructionId),
            (self._uetrs, DuplicateUetr),
        ):
            duplicate = seen.first_duplicate()
            if duplicate is not None:
                raise refusal(first=duplicate[0], second=duplicate[1])
        return header

    def _take_header(self, element: etree._Element, message: str) -> None:
        if self._announced is not None and self._announced != message:
            raise EnvelopeMismatch(message=message)
        get, kind = Elements(element), _KIND_OF[message]
        self._settlement = get.plain("SttlmInf/SttlmMtd")
        element_not_carried = kind.header.first_other(get.paths)
        if element_not_carried is not None:
            raise NotCarried(element=f"{_HEADER}/{element_not_carried}")
        self._amounts = kind.amounts
        self._total = get.text("TtlIntrBkSttlmAmt")
        self._currency = get.attribute("TtlIntrBkSttlmAmt", "Ccy")
        self._uetr_path = VERSIONS[message].uetr
        self._header = _header(element, message)
        if not self._header.message_id.strip():
            raise BlankMessageId

    def _take_payment(self, element: etree._Element) -> None:
        get = Elements(element)
        path = next((path for path in self._amounts if get.has(path)), self._amounts[0])
        units = units_of(get.text(path) or "0")
        if self._currency not in {None, get.attribute(path, "Ccy")}:
            raise WrongTotalAmount
        self._whole.add(units)
        self._block.add(units)
        instruction_id = get.text("PmtId/InstrId")
        if instruction_id is not None:
            self._instruction_ids.add(instruction_id, self._whole.count)
        uetr = get.text(self._uetr_path) if self._uetr_path else None
        if uetr is not None:
            self._uetrs.add(uetr, self._whole.count)

    def _end_block(self, unit: Unit) -> None:
        get = Elements(unit.element, without=_PAYMENT)
        stated = get.text("NbOfTxs")
        if stated is not None and int(stated) != self._block.count:
            raise WrongBlockNumberOfTransactions(
                element=unit.path, stated=int(stated), counted=self._block.count
            )
        if not self._block.has_sum(get.text("CtrlSum")):
            raise WrongBlockControlSum(element=unit.path)
        self._block = Tally()


def _announced(header: etree._Element) -> str:
    """The message that a business header says it goes with, whichever version it has."""
    found = next(header.iterfind("{*}MsgDefIdr"), None)
    return "" if found is None else (found.text or "").strip()
