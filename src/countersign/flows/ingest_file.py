"""A file of payments from the channel to the gate, and the report that answers it.

The file is checked whole before anything is ordered. Then its message id is taken for its bytes,
so that another file under it is refused whole; then its payments go to the gate in frames, each
under a key made of the file's own ids, so that the same file, sent again whatever went wrong,
orders nothing twice. What the file refuses leaves its leaf as well. Memory stays bounded: results
wait in a temporary file until their counts are known, because a report begins with them.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import BinaryIO, Protocol, TypeVar

import msgspec

from countersign.channels.credit_transfers import CheckedMessage
from countersign.channels.errors import DuplicateMessageId
from countersign.channels.files import FileKind, file_key_text, request_key
from countersign.channels.model import (
    Header,
    Instruction,
    PaymentResult,
    PaymentStatus,
    Rejected,
    ReportHead,
)
from countersign.channels.reasons import NARRATIVE, Side, reason_code
from countersign.channels.status_reports import group_status, result_of
from countersign.gate.commands import Answer, Kind, ReceiveFile, RefusedIntake
from countersign.gate.errors import KeyReused
from countersign.gate.requests import KEY_BYTES, Item, encode_body
from countersign.gate.sentences import sentence_of
from countersign.kernel.account import canonical
from countersign.kernel.money import decimal_text
from countersign.kernel.refusal import Refusal, all_refusals
from countersign.transfers.order import Order, check_order

FRAME_ITEMS = 500
CHANNEL = "file"
Progress = Callable[[int, int], None]
# One payment as it is reported, with our own codes of why.
Note = Callable[[Sequence[int]], None]  # The leaves of the next payments.
Tell = Callable[[PaymentResult, Sequence[str]], None]
_T = TypeVar("_T")


class Gate(Protocol):
    """What the flow needs of a gate."""

    def submit(self, items: list[Item]) -> list[Answer]:
        """Decide items; answers in their order."""
        ...


def show_nobody(done: int, of: int) -> None:
    del done, of


def tell_nobody(result: PaymentResult, reasons: Sequence[str]) -> None:
    del result, reasons


def note_nothing(numbers: Sequence[int]) -> None:
    del numbers


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file."""

    message_id: str | None
    group_status: str  # As in the report; RJCT if nothing of the file goes on.
    payments: int
    statuses: dict[str, int]
    kind: str | None = None  # pain.001.001.09, csv; None where the file does not say it.
    totals: dict[str, str] = {}  # Of what goes on, by currency, in decimals.
    refusal: str | None = None  # The code, if the file was refused whole.
    sentence: str | None = None
    report: str | None = None  # What an answer's name ends with, such as "pain002.xml".


def ingest_file(
    stream: BinaryIO,
    *,
    gate: Gate,
    report: BinaryIO,
    head: ReportHead,
    kind: FileKind,
    progress: Progress = show_nobody,
    tell: Tell = tell_nobody,
    note: Note = note_nothing,
) -> Ingested:
    """Order every payment of a seekable file and write the report; a bad file is refused whole."""
    reject = partial(_reject, stream, gate=gate, kind=kind, head=head, report=report)
    try:
        checked = kind.check(stream)
    except Refusal as refusal:
        return reject(refusal, kind.header_of_refused(stream))
    header = checked.header
    if not _is_taken(checked, gate):
        return reject(DuplicateMessageId(), header)
    counts: Counter[PaymentStatus] = Counter()
    totals: Counter[str] = Counter()
    with tempfile.TemporaryFile() as spool:
        for frame in _frames(map(_vetted, kind.payments(stream, checked)), FRAME_ITEMS):
            keys = [kind.key_text(header, payment) for payment in frame]
            answers = gate.submit(list(map(_item, frame, keys)))
            note([answer.number for answer in answers])
            for payment, answer in zip(frame, answers, strict=True):
                codes = _codes(payment, answer)
                result = _result(payment, answer, codes)
                tell(result, codes)
                counts[result.status] += 1
                if isinstance(payment, Instruction) and result.status != PaymentStatus.REJECTED:
                    totals[payment.amount.currency] += payment.amount.minor_units
                spool.write(_line(result))
            progress(sum(counts.values()), header.number_of_transactions)
        spool.seek(0)
        results = _spooled(spool)
        kind.write_report(report, head=head, header=header, counts=counts, results=results)
    return _ingested(header, counts, totals, report=kind.report_name(header))


def try_file(
    stream: BinaryIO,
    *,
    kind: FileKind,
    progress: Progress = show_nobody,
    tell: Tell = tell_nobody,
) -> Ingested:
    """Check a file and each of its payments, and order nothing."""
    try:
        checked = kind.check(stream)
    except Refusal as refusal:
        return refused_whole(refusal)
    counts: Counter[PaymentStatus] = Counter()
    for payment in map(_vetted, kind.payments(stream, checked)):
        if isinstance(payment, Rejected):
            result, codes = result_of(payment), [payment.refusal.code]
        else:
            result, codes = _reported(payment, PaymentStatus.ACCEPTED_TECHNICALLY, []), []
        tell(result, codes)
        counts[result.status] += 1
        progress(sum(counts.values()), checked.header.number_of_transactions)
    return _ingested(checked.header, counts, {})


def order_of(payment: Instruction) -> Order:
    """The order that a payment of a file asks for. The gate puts the credential in."""
    return Order(
        channel=CHANNEL,
        credential=0,
        instructed_amount=payment.amount.minor_units,
        currency=payment.amount.currency,
        requested_execution_date=payment.requested_execution_date,
        debtor_account=canonical(payment.debtor_account),
        creditor_account=canonical(payment.creditor_account),
        **{name: getattr(payment, name) for name in _SAME},
    )


def _vetted(payment: Instruction | Rejected) -> Instruction | Rejected:
    """What no order may say is rejected here, where it is still known which field says it."""
    if isinstance(payment, Rejected):
        return payment
    try:
        check_order(order_of(payment))
    except Refusal as refusal:
        field = str(refusal.details.get("field", ""))
        reason = reason_code(refusal.code)
        return payment.rejected(refusal.unraised(), reason_code=reason, element=field)
    return payment


def _is_taken(checked: CheckedMessage, gate: Gate) -> bool:
    """Take the message id for these bytes, before any order: False if it stands for others.

    Whatever else the gate answers, the key is bound to these bytes, and each payment is answered
    for itself. A file that was refused whole took nothing, so a corrected one may have its id.
    """
    key = request_key(file_key_text(checked.header), length=KEY_BYTES)
    body = encode_body(ReceiveFile(checked.digest))
    answers = gate.submit([Item(Kind.RECEIVE_FILE, key, body)])
    return answers[0].outcome != KeyReused.code


def _reject(
    stream: BinaryIO,
    refusal: Refusal,
    header: Header | None,
    *,
    gate: Gate,
    kind: FileKind,
    head: ReportHead,
    report: BinaryIO,
) -> Ingested:
    """Refuse a file whole: leave its leaf, and answer it as far as it says what it is."""
    _keep_refusal(stream, refusal, gate)
    if header is None:
        return refused_whole(refusal)
    kind.write_rejection(report, head=head, header=header, refusal=refusal)
    return refused_whole(refusal, header, report=kind.report_name(header))


def _keep_refusal(stream: BinaryIO, refusal: Refusal, gate: Gate) -> None:
    """Leave the leaf of a file that was refused whole; the same bytes leave it once."""
    stream.seek(0)
    content = sha256(b"countersign/refused-file/v1\x00")
    while piece := stream.read(1 << 20):
        content.update(piece)
    body = encode_body(RefusedIntake(refusal.code))
    gate.submit([Item(Kind.REFUSED_INTAKE, content.digest()[:KEY_BYTES], body)])


def refused_whole(
    refusal: Refusal, header: Header | None = None, *, report: str | None = None
) -> Ingested:
    """A file of which nothing goes on."""
    return Ingested(
        report=report,
        kind=header.version if header else None,
        message_id=(header.message_id or None) if header else None,
        group_status=PaymentStatus.REJECTED,
        payments=0,
        statuses={},
        refusal=refusal.code,
        sentence=refusal.sentence(),
    )


def _item(payment: Instruction | Rejected, key_text: str) -> Item:
    key = request_key(key_text, length=KEY_BYTES)
    if isinstance(payment, Rejected):
        body = encode_body(RefusedIntake(payment.refusal.code))
        return Item(Kind.REFUSED_INTAKE, key, body)
    return Item(Kind.ORDER, key, encode_body(order_of(payment)))


def _codes(payment: Instruction | Rejected, answer: Answer) -> list[str]:
    """Why it was decided so: our own codes, in the order of the checks."""
    if isinstance(payment, Rejected):
        return [payment.refusal.code]
    if answer.outcome not in _STATUSES:
        return [answer.outcome]
    return [code for code in answer.reasons.split(",") if code]


def _result(payment: Instruction | Rejected, answer: Answer, codes: Sequence[str]) -> PaymentResult:
    if isinstance(payment, Rejected):
        return result_of(payment)
    return _reported(payment, _STATUSES.get(answer.outcome, PaymentStatus.REJECTED), codes)


def _reported(payment: Instruction, status: PaymentStatus, codes: Sequence[str]) -> PaymentResult:
    # What the gate says of an account it says of the debtor's: the creditor's may be elsewhere.
    reasons = [reason_code(code, Side.DEBTOR) for code in codes]
    # Of several the one that ISO has a code for says most.
    telling = next((n for n, reason in enumerate(reasons) if reason != NARRATIVE), 0)
    return PaymentResult(
        position=payment.position,
        payment_information_id=payment.payment_information_id,
        instruction_id=payment.instruction_id,
        end_to_end_id=payment.end_to_end_id,
        transaction_id=payment.transaction_id,
        uetr=payment.uetr,
        status=status,
        reason_code=reasons[telling] if codes else None,
        text=_sentence(codes[telling]) if codes else None,
    )


def _sentence(code: str) -> str:
    """What a code means; a check that found something has no refusal and is named by its code."""
    return sentence_of(code) if code in {known.code for known in all_refusals()} else code


def _ingested(
    header: Header,
    counts: Counter[PaymentStatus],
    totals: Mapping[str, int],
    *,
    report: str | None = None,
) -> Ingested:
    return Ingested(
        report=report,
        kind=header.version,
        totals={
            currency: decimal_text(units, currency) for currency, units in sorted(totals.items())
        },
        message_id=header.message_id,
        group_status=str(group_status(counts)),
        payments=sum(counts.values()),
        statuses={status.value: count for status, count in sorted(counts.items())},
    )


def _frames(payments: Iterable[_T], size: int) -> Iterator[list[_T]]:
    source = iter(payments)
    while frame := list(islice(source, size)):
        yield frame


def _line(result: PaymentResult) -> bytes:
    content = _encode(result)
    return len(content).to_bytes(4, "big") + content


def _spooled(spool: BinaryIO) -> Iterator[PaymentResult]:
    while header := spool.read(4):
        yield _decode(spool.read(int.from_bytes(header, "big")))


_STATUSES = {
    "released": PaymentStatus.IN_PROCESS,
    "settled": PaymentStatus.SETTLED,
    "held": PaymentStatus.PENDING,
    "rejected": PaymentStatus.REJECTED,
}
# Fields that the file and the order call alike.
_SAME = (
    "message_id",
    "payment_information_id",
    "instruction_id",
    "end_to_end_id",
    "uetr",
    "initiating_party",
    "debtor_name",
    "debtor_agent",
    "debtor_address",
    "debtor_identification",
    "ultimate_debtor",
    "creditor_name",
    "creditor_agent",
    "intermediary_agents",
    "creditor_address",
    "creditor_identification",
    "ultimate_creditor",
    "service_level",
    "local_instrument",
    "instruction_priority",
    "category_purpose",
    "purpose_code",
    "charge_bearer",
    "remittance_information",
)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(PaymentResult).decode
