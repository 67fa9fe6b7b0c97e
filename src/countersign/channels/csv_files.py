"""CSV files by a mapping: rows as payments, in two passes, and a CSV that answers them.

1. Pass 1 refuses the whole file for what is wrong with all of it: encoding, columns, a row that
   does not end, count and sum of its last row, a reference that occurs twice. Pass 2 gives each
   row as an instruction, or rejected for itself with its line.
2. A column that nobody explains refuses the file: it may say something about the payments.
"""

import re
from base64 import b32encode
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, Final

from countersign.channels.credit_transfers import CheckedMessage
from countersign.channels.csv_answer import Answer
from countersign.channels.csv_payments import Columns, digits_of, payment_of
from countersign.channels.csv_rows import CsvRows, Row
from countersign.channels.duplicates import SeenIds
from countersign.channels.errors import (
    DuplicateInstructionId,
    MessageChanged,
    MissingTrailer,
    NoPayments,
    WrongControlSum,
    WrongNumberOfTransactions,
)
from countersign.channels.mapping import KnownBy, Trailer
from countersign.channels.mapping import Mapping as FieldMapping
from countersign.channels.model import (
    Header,
    Instruction,
    PaymentResult,
    PaymentStatus,
    Rejected,
    ReportHead,
)
from countersign.channels.reasons import reason_code
from countersign.channels.status_reports import group_status
from countersign.channels.totals import Tally, units_of
from countersign.kernel.refusal import Refusal

VERSION: Final = "csv"


class CsvFiles:
    """The kind of file that one mapping describes."""

    def __init__(self, mapping: FieldMapping) -> None:
        self._mapping = mapping

    def check(self, stream: BinaryIO) -> CheckedMessage:
        rows = self._rows(stream)
        check = _Check(self._mapping)
        for row in rows.rows():
            check.take(row)
        count = check.finished()
        header = Header(
            message_id=f"CSV{b32encode(rows.digest).decode()[:_ID_LENGTH]}",
            created="",
            number_of_transactions=count,
            control_sum=None,
            initiating_party=None,
            version=VERSION,
        )
        return CheckedMessage(header=header, digest=rows.digest)

    def payments(
        self, stream: BinaryIO, checked: CheckedMessage
    ) -> Iterator[Instruction | Rejected]:
        rows = self._rows(stream)
        columns: Columns | None = None
        is_content = self._mapping.known_by is KnownBy.CONTENT
        # A file that is corrected is another file, and its payments may not say so: what is known
        # by its own reference must be the same order in both.
        message_id = checked.header.message_id if is_content else None
        for row in rows.rows():
            if columns is None:
                columns = Columns(self._mapping, row)
            elif not _is_trailer(row, self._mapping.trailer):
                yield payment_of(self._mapping, columns, row, message_id)
        if rows.digest != checked.digest:
            raise MessageChanged

    def header_of_refused(self, stream: BinaryIO) -> Header | None:
        del stream  # It has no ids of its own.
        return Header(
            message_id="",
            created="",
            number_of_transactions=0,
            control_sum=None,
            initiating_party=None,
            version=VERSION,
        )

    def key_text(self, header: Header, payment: Instruction | Rejected) -> str:
        is_own = self._mapping.known_by is KnownBy.INSTRUCTION_ID
        if is_own and isinstance(payment, Instruction):
            return f"csv/v1/instruction\x00{payment.instruction_id}"
        # What was rejected may come again under the same reference once it is corrected.
        return f"csv/v1/row\x00{header.message_id}\x00{payment.position}"

    def report_name(self, header: Header) -> str:
        del header
        return "report.csv"

    def write_report(
        self,
        target: BinaryIO,
        *,
        head: ReportHead,
        header: Header,
        counts: Mapping[PaymentStatus, int],
        results: Iterable[PaymentResult],
    ) -> None:
        del head, header  # It lies beside the file, and repeats nothing of it.
        said = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()) if count)
        with Answer(target, self._mapping.delimiter) as answer:
            answer.row("file", None, None, str(group_status(counts)), None, said)
            for each in results:
                line = "" if each.position is None else str(each.position)
                ids = (each.instruction_id, each.end_to_end_id)
                answer.row(line, *ids, each.status, each.reason_code, each.text)

    def write_rejection(
        self, target: BinaryIO, *, head: ReportHead, header: Header, refusal: Refusal
    ) -> None:
        del head, header
        reason = (reason_code(refusal.code), refusal.sentence())
        with Answer(target, self._mapping.delimiter) as answer:
            answer.row("file", None, None, PaymentStatus.REJECTED, *reason)

    def _rows(self, stream: BinaryIO) -> CsvRows:
        mapping = self._mapping
        return CsvRows(stream, delimiter=mapping.delimiter, encoding=mapping.encoding)


_ID_LENGTH = 32


class _Check:
    """What pass 1 gathers, row by row."""

    def __init__(self, mapping: FieldMapping) -> None:
        self._mapping = mapping
        self._columns: Columns | None = None
        self._trailer: Row | None = None
        self._tally = Tally()
        self._ids = SeenIds()

    def take(self, row: Row) -> None:
        if self._columns is None:
            self._columns = Columns(self._mapping, row)
            return
        if self._trailer is not None:
            raise MissingTrailer  # It was not the last row.
        if _is_trailer(row, self._mapping.trailer):
            self._trailer = row
            return
        amount = digits_of(self._mapping, self._columns.value(row, "amount") or "")
        self._tally.add(units_of(amount) if amount else 0)
        own = self._columns.value(row, "instruction_id")
        if own is not None and self._mapping.known_by is KnownBy.INSTRUCTION_ID:
            self._ids.add(own, row.line)

    def finished(self) -> int:
        """The number of payments of a file in which everything agrees."""
        if not self._tally.count:
            raise NoPayments
        trailer = self._mapping.trailer
        if trailer is not None:
            self._hold_against(trailer)
        duplicate = self._ids.first_duplicate()
        if duplicate is not None:
            raise DuplicateInstructionId(first=duplicate[0], second=duplicate[1])
        return self._tally.count

    def _hold_against(self, trailer: Trailer) -> None:
        cells = [] if self._trailer is None else self._trailer.cells
        if max(trailer.count or 0, trailer.sum or 0) > len(cells):
            raise MissingTrailer
        if trailer.count is not None:
            stated = cells[trailer.count - 1].strip()
            if stated != str(self._tally.count):
                shown = int(stated) if _COUNT.fullmatch(stated) else 0
                raise WrongNumberOfTransactions(stated=shown, counted=self._tally.count)
        if trailer.sum is not None:
            stated = digits_of(self._mapping, cells[trailer.sum - 1].strip()) or ""
            if not stated or not self._tally.has_sum(stated):
                raise WrongControlSum


_COUNT = re.compile(r"[0-9]{1,9}")


def _is_trailer(row: Row, trailer: Trailer | None) -> bool:
    return trailer is not None and row.cells[0].strip() == trailer.marker
