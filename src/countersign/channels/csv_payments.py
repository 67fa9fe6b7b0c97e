"""One row of a CSV file as an instruction, or as rejected with its line and its reason.

Values are written as the mapping says, in one way: what is written another way is rejected, never
guessed at.
"""

import re
from datetime import date

from countersign.channels.csv_rows import Row
from countersign.channels.elements import plain
from countersign.channels.errors import (
    MalformedExecutionDate,
    MissingColumn,
    MissingCreditorAccount,
    MissingCreditorName,
    MissingDebtorAccount,
    MissingInstructionId,
    RepeatedColumn,
    UnmappedColumn,
    WrongNumberOfCells,
)
from countersign.channels.fields import Fault
from countersign.channels.mapping import KnownBy, Mapping
from countersign.channels.model import Instruction, Rejected
from countersign.channels.reasons import Side
from countersign.kernel.account import AccountReference, Iban, OtherAccount
from countersign.kernel.money import MalformedAmount, Money, UnknownCurrency
from countersign.kernel.refusal import Refusal


class Columns:
    """Where the fields stand, by the names in the first row."""

    def __init__(self, mapping: Mapping, header: Row) -> None:
        self.count = len(header.cells)
        names = [cell.strip() for cell in header.cells]
        at: dict[str, int] = {}
        known = set(mapping.columns.values()) | mapping.ignored
        for number, name in enumerate(names, start=1):
            if name in at:
                raise RepeatedColumn(first=at[name] + 1, second=number)
            if name not in known:
                raise UnmappedColumn(number=number)
            at[name] = number - 1
        self._at = {}
        for field, column in mapping.columns.items():
            if column not in at:
                raise MissingColumn(column=column, line=mapping.lines[field])
            self._at[field] = at[column]
        self._constants = mapping.constants

    def value(self, row: Row, field: str) -> str | None:
        """What a row says of a field; None if nothing."""
        at = self._at.get(field)
        if at is None:
            return self._constants.get(field)
        return row.cells[at].strip() or None if at < len(row.cells) else None


def payment_of(
    mapping: Mapping, columns: Columns, row: Row, message_id: str | None
) -> Instruction | Rejected:
    """What a row orders."""
    ids = {name: columns.value(row, name) for name in ("instruction_id", "end_to_end_id", "uetr")}
    try:
        return _instruction(mapping, columns, row, ids | {"message_id": message_id})
    except Fault as fault:
        found = fault.at("row")
    return Rejected(
        position=row.line,
        payment_information_id=None,
        message_id=message_id,
        **ids,
        refusal=found.refusal,
        reason_code=found.reason_code,
        element=f"line {row.line}, {found.element.removeprefix('row/')}",
    )


def _instruction(
    mapping: Mapping, columns: Columns, row: Row, ids: dict[str, str | None]
) -> Instruction:
    if len(row.cells) != columns.count:
        refusal = WrongNumberOfCells(counted=len(row.cells), expected=columns.count)
        raise Fault(refusal, "row")
    if mapping.known_by is KnownBy.INSTRUCTION_ID and ids["instruction_id"] is None:
        raise Fault(MissingInstructionId(), "instruction_id")
    texts = {field: columns.value(row, field) for field in _TEXTS}
    lined = {
        field: _lines(text) if field in _TEXT_LINES else plain(text)
        for field, text in texts.items()
    }
    creditor_name = lined.pop("creditor_name")
    if creditor_name is None:
        raise Fault(MissingCreditorName(), "creditor_name")
    return Instruction(
        position=row.line,
        payment_information_id=None,
        **ids,
        amount=_amount(mapping, columns, row),
        requested_execution_date=_execution_date(mapping, columns, row),
        debtor_account=_account(
            columns.value(row, "debtor_account"), MissingDebtorAccount(), Side.DEBTOR
        ),
        creditor_account=_account(
            columns.value(row, "creditor_account"), MissingCreditorAccount(), Side.CREDITOR
        ),
        creditor_name=creditor_name,
        **lined,
    )


_TEXTS = (
    "debtor_name",
    "debtor_agent",
    "debtor_address",
    "debtor_identification",
    "ultimate_debtor",
    "initiating_party",
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
_AMOUNT_LENGTH_MAX = 40


def _lines(text: str | None) -> str | None:
    """The text with its lines, without outer space or blank ones."""
    lines = (line.strip(" \t\r") for line in (text or "").split("\n"))
    return "\n".join(filter(None, lines)) or None


def _amount(mapping: Mapping, columns: Columns, row: Row) -> Money:
    digits = digits_of(mapping, columns.value(row, "amount") or "")
    if digits is None:
        raise Fault(MalformedAmount(), "amount")
    try:
        return Money.parse(digits, currency=columns.value(row, "currency") or "")
    except Refusal as refusal:
        is_currency = isinstance(refusal, UnknownCurrency)
        raise Fault(refusal, "currency" if is_currency else "amount") from None


def digits_of(mapping: Mapping, text: str) -> str | None:
    """The amount as plain decimal text, or None if it is not written as the mapping says."""
    thousands = mapping.thousands
    if thousands == " ":  # Spreadsheets write spaces that do not break.
        text = text.replace("\u00a0", " ").replace("\u202f", " ")
    whole, mark, decimals = text.partition(mapping.decimal)
    groups = whole.split(thousands) if thousands else [whole]
    are_groups = len(groups) == 1 or (
        0 < len(groups[0]) <= _GROUP and all(len(group) == _GROUP for group in groups[1:])
    )
    digits = "".join(groups)
    if len(text) > _AMOUNT_LENGTH_MAX or not are_groups or not _DIGITS.fullmatch(digits):
        return None
    if mark and not _DECIMALS.fullmatch(decimals):
        return None
    return f"{digits}.{decimals}" if mark else digits


_GROUP = 3
_DIGITS = re.compile(r"[0-9]+")
_DECIMALS = re.compile(r"[0-9]{1,17}")


def _execution_date(mapping: Mapping, columns: Columns, row: Row) -> str:
    field = "requested_execution_date"
    found = mapping.date.fullmatch(columns.value(row, field) or "")
    try:
        year, month, day = found.group("year", "month", "day") if found else ("", "", "")
        return date.fromisoformat(f"{year}-{month}-{day}").isoformat()
    except ValueError:
        raise Fault(MalformedExecutionDate(), field) from None


def _account(text: str | None, missing: Refusal, side: Side) -> AccountReference:
    """An IBAN, or SCHEME:NUMBER, or :NUMBER without a scheme."""
    field = "debtor_account" if side is Side.DEBTOR else "creditor_account"
    if text is None:
        raise Fault(missing, field, side)
    scheme, mark, identification = text.partition(_SCHEME_MARK)
    try:
        if mark:
            return OtherAccount.parse(identification, scheme=scheme or None)
        return Iban.parse(text)
    except Refusal as refusal:
        raise Fault(refusal, field, side) from None


_TEXT_LINES = frozenset(
    {
        "debtor_address",
        "creditor_address",
        "debtor_identification",
        "creditor_identification",
        "intermediary_agents",
        "remittance_information",
    }
)
_SCHEME_MARK = ":"
