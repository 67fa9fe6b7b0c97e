"""What became of a pain.001 or a pacs.008, as a pain.002 or a pacs.002, written as it goes.

The group status comes first in the file, so the counts of the whole message are passed in; the
payments that follow may be all or only those that have news, in a pain.002 grouped by block, in the
order given.
The version follows that of the message reported on. A rejection always has a reason; NARR has text.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import BinaryIO, Final

from lxml import etree

from countersign.channels.model import (
    Header,
    PaymentResult,
    PaymentStatus,
    Rejected,
    ReportHead,
)
from countersign.channels.reasons import NARRATIVE, reason_code
from countersign.channels.versions import REPORT_VERSIONS, VERSIONS
from countersign.infra.iso20022.schemas import NAMESPACE_PREFIX
from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Refusal

PARTLY_ACCEPTED: Final = "PART"


def write_status_report(
    target: BinaryIO,
    *,
    head: ReportHead,
    header: Header,
    counts: Mapping[PaymentStatus, int],
    results: Iterable[PaymentResult],
) -> None:
    """Report on a message; `counts` is the status of all its payments, `results` has the news."""
    invariant(
        sum(counts.values()) == header.number_of_transactions,
        "the counts cover every payment of the message",
    )
    report = VERSIONS[header.version].status_report
    with etree.xmlfile(target, encoding="UTF-8") as file:
        writer = _Writer(file, report)
        with writer.document():
            writer.head(head)
            writer.original_group(header, group_status(counts), None, counts)
            told = map(_Told(counts).added, results)
            if writer.version.is_interbank:
                for result in told:
                    writer.payment(result)
            else:
                writer.blocks(told)


def write_rejection(
    target: BinaryIO, *, head: ReportHead, header: Header, refusal: Refusal
) -> None:
    """Report that a message was refused whole."""
    report = VERSIONS[header.version].status_report
    reason = (reason_code(refusal.code), refusal.sentence())
    with etree.xmlfile(target, encoding="UTF-8") as file:
        writer = _Writer(file, report)
        with writer.document():
            writer.head(head)
            writer.original_group(header, PaymentStatus.REJECTED, reason, {})


def group_status(counts: Mapping[PaymentStatus, int]) -> str:
    """The one status that is true of the whole message.

    Of accepted payments the least advanced speaks for all; PART says that some are accepted and
    others not; and while none is accepted and one is pending, so is the message.
    """
    invariant(any(counts.values()), "a message has a payment")
    accepted = [status for status in _ACCEPTED if counts.get(status)]
    is_pending = bool(counts.get(PaymentStatus.PENDING))
    if accepted:
        return PARTLY_ACCEPTED if is_pending or counts.get(PaymentStatus.REJECTED) else accepted[0]
    return PaymentStatus.PENDING if is_pending else PaymentStatus.REJECTED


def result_of(rejected: Rejected) -> PaymentResult:
    """What to report of a payment that could not even be ordered."""
    return PaymentResult(
        position=rejected.position,
        payment_information_id=rejected.payment_information_id,
        instruction_id=rejected.instruction_id,
        end_to_end_id=rejected.end_to_end_id,
        transaction_id=rejected.transaction_id,
        uetr=rejected.uetr,
        status=PaymentStatus.REJECTED,
        reason_code=rejected.reason_code,
        text=f"{rejected.refusal.sentence()} ({rejected.element})",
    )


# From the least to the most advanced.
_ACCEPTED = (
    PaymentStatus.ACCEPTED_TECHNICALLY,
    PaymentStatus.ACCEPTED_BY_PROFILE,
    PaymentStatus.ACCEPTED_WITH_CHANGE,
    PaymentStatus.IN_PROCESS,
    PaymentStatus.SETTLED,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT_LENGTH_MAX = 105
# Texts may come from people and other systems; XML 1.0 cannot carry these characters at all.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Told:
    """Counts what a report says, so that it never says more than its group status rests on."""

    def __init__(self, counts: Mapping[PaymentStatus, int]) -> None:
        self._left = dict(counts)

    def added(self, result: PaymentResult) -> PaymentResult:
        self._left[result.status] = self._left.get(result.status, 0) - 1
        invariant(self._left[result.status] >= 0, "results and counts tell the same story")
        return result


class _Writer:
    """Writes the parts of a report, each at once."""

    def __init__(self, file: "etree._IncrementalFileWriter", report: str) -> None:
        self._file = file
        self._namespace = NAMESPACE_PREFIX + report
        self.version = REPORT_VERSIONS[report]

    @contextmanager
    def document(self) -> Iterator[None]:
        self._file.write_declaration()
        root = f"{{{self._namespace}}}Document"
        with (
            self._file.element(root, nsmap={None: self._namespace}),
            self.element("FIToFIPmtStsRpt" if self.version.is_interbank else "CstmrPmtStsRpt"),
        ):
            yield

    @contextmanager
    def element(self, name: str) -> Iterator[None]:
        with self._file.element(f"{{{self._namespace}}}{name}"):
            yield

    def leaf(self, name: str, text: str | None) -> None:
        if text is not None:
            with self.element(name):
                self._file.write(_NO_XML.sub("?", text))

    def head(self, head: ReportHead) -> None:
        created = _EPOCH + timedelta(milliseconds=head.created_ms)
        with self.element("GrpHdr"):
            self.leaf("MsgId", head.message_id)
            self.leaf("CreDtTm", created.isoformat(timespec="milliseconds"))

    def original_group(
        self,
        header: Header,
        status: str,
        reason: tuple[str, str] | None,
        counts: Mapping[PaymentStatus, int],
    ) -> None:
        with self.element("OrgnlGrpInfAndSts"):
            self.leaf("OrgnlMsgId", header.message_id)
            self.leaf("OrgnlMsgNmId", header.version)
            self.leaf("OrgnlCreDtTm", header.created)
            self.leaf("OrgnlNbOfTxs", str(header.number_of_transactions))
            self.leaf("OrgnlCtrlSum", header.control_sum)
            self.leaf("GrpSts", status)
            if reason is not None:
                self.reason(*reason)
            for each, count in counts.items():
                if count:
                    with self.element("NbOfTxsPerSts"):
                        self.leaf("DtldNbOfTxs", str(count))
                        self.leaf("DtldSts", each)

    def blocks(self, results: Iterable[PaymentResult]) -> None:
        for block_id, block in groupby(results, lambda result: result.payment_information_id):
            with self.element("OrgnlPmtInfAndSts"):
                self.leaf("OrgnlPmtInfId", block_id)
                for result in block:
                    self.payment(result)

    def payment(self, result: PaymentResult) -> None:
        is_reasoned = result.status is not PaymentStatus.REJECTED or result.reason_code is not None
        invariant(is_reasoned, "a rejection has a reason")
        with self.element("TxInfAndSts"):
            self.leaf("OrgnlInstrId", result.instruction_id)
            self.leaf("OrgnlEndToEndId", result.end_to_end_id)
            self.leaf("OrgnlTxId", result.transaction_id)
            if self.version.has_uetr:
                self.leaf("OrgnlUETR", result.uetr)
            self.leaf("TxSts", result.status)
            if result.reason_code is not None or result.text is not None:
                self.reason(result.reason_code, result.text)

    def reason(self, code: str | None, text: str | None) -> None:
        invariant(text or code != NARRATIVE, "a narrative reason is told in its text")
        with self.element("StsRsnInf"):
            if code is not None:
                with self.element("Rsn"):
                    self.leaf("Cd", code)
            for line in textwrap.wrap(text or "", _TEXT_LENGTH_MAX):
                self.leaf("AddtlInf", line)
