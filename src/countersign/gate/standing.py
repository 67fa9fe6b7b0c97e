"""What committed rows say must stand now: accounts, freezes, credentials, policies, holds.

The companion of `books`: no decision is made again, outcomes are taken as committed, and what
cannot be read changes nothing, so that the comparison with the tables shows it. Pure. Memory holds
what stands, not what once stood.
"""

import contextlib
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

import msgspec

from countersign.access.model import Credential
from countersign.alerts.errors import AlreadyAcknowledged, UnknownDisposition
from countersign.alerts.model import Alert, acknowledge, close
from countersign.gate import commands
from countersign.gate.commands import Kind, decode
from countersign.gate.context import read_redecision
from countersign.gate.orders import BY_OPERATOR, DUTY_OFFICER, due_for_dispatch
from countersign.gate.returns import QUESTIONED, has_joined, read_reasons
from countersign.gate.rows import CommandRow
from countersign.kernel.refusal import Refusal
from countersign.rules.model import decode_policy, hash_of
from countersign.transfers.model import Status, TransferRow

HOUR_MS = 3_600_000
UNKNOWN_TIME = -1  # Of what was raised in a batch that is missing.


class StandingAccount(NamedTuple):
    kind: int
    currency: str
    account_index: bytes
    party: bytes
    holder_hash: bytes


class StandingHold(NamedTuple):
    owner: str
    reasons: str
    until_ms: int | None  # None: its batch or its policy is missing, so nobody can say.


class StandingPolicy(NamedTuple):
    content_hash: bytes
    hold_hours: int | None


class Standing:
    """Filled by `take`, row by row in the order of numbers."""

    def __init__(self) -> None:
        self.accounts: dict[int, bytes] = {}  # A hash each: there may be many.
        self.freezes: dict[bytes, int] = {}
        self.credentials: dict[int, Credential] = {}
        self.policies: dict[int, StandingPolicy] = {}
        self.holds: dict[int, StandingHold] = {}
        self.alerts: dict[int, Alert] = {}
        # Transfers that are released and not dispatched yet, and when they are due (None: unknown).
        self.waiting: dict[int, int | None] = {}
        self._days: dict[int, int] = {}  # The execution days of those, and of held ones.

    def take(self, row: TransferRow | CommandRow, batch_ms: int | None) -> None:
        """One row; `batch_ms` is None where its batch is missing."""
        if isinstance(row, TransferRow):
            if row.status in {Status.HELD, Status.RELEASED}:
                self._days[row.number] = row.execution_day
            if row.alerts:
                self._raise(row.number, row.number, row.alerts, row.reasons, batch_ms)
            if row.status == Status.HELD:
                until_ms = self._until(batch_ms, self._hours(row.policy))
                self.holds[row.number] = StandingHold(DUTY_OFFICER, row.reasons, until_ms)
            elif row.status == Status.RELEASED:
                self._wait(row.number, batch_ms)
        elif row.transfer:
            self._move(row, batch_ms)
        else:
            self._set(row, batch_ms)

    def _move(self, row: CommandRow, batch_ms: int | None) -> None:
        """Every command that names a transfer leaves it in another status."""
        if row.kind == Kind.DISPATCH:
            found = read_redecision(row.detail)
            if found and found.alerts:
                self._raise(row.number, row.transfer, found.alerts, found.reasons, batch_ms)
        elif row.kind == Kind.RETURN:
            self._look_at_return(row, batch_ms)
        self.holds.pop(row.transfer, None)
        self.waiting.pop(row.transfer, None)
        if row.outcome == "released":
            self._wait(row.transfer, batch_ms)
        elif row.outcome != "held":
            self._days.pop(row.transfer, None)
        else:
            hold = self._hold(row, batch_ms)
            if hold is not None:
                self.holds[row.transfer] = hold

    def _look_at_return(self, row: CommandRow, batch_ms: int | None) -> None:
        reasons, command = read_reasons(row.detail), _decoded(row)
        if not (reasons and isinstance(command, commands.Return)):
            return
        if not has_joined(row.detail):
            self._raise(row.number, command.transfer, "", reasons, batch_ms)

    def _raise(
        self, number: int, transfer: int, typologies: str, rules: str, batch_ms: int | None
    ) -> None:
        raised_ms = UNKNOWN_TIME if batch_ms is None else batch_ms
        self.alerts[number] = Alert(number, transfer, typologies, rules, raised_ms)

    def _change_alert(
        self, number: int, command: commands.AcknowledgeAlert | commands.CloseAlert
    ) -> None:
        known = self.alerts.get(command.alert)
        if known is None:
            return
        with contextlib.suppress(AlreadyAcknowledged, UnknownDisposition):
            self.alerts[command.alert] = (
                close(known, command.disposition, by=number)
                if isinstance(command, commands.CloseAlert)
                else acknowledge(known, by=number)
            )

    def _wait(self, transfer: int, batch_ms: int | None) -> None:
        day = self._days.get(transfer)
        due_ms = None if batch_ms is None or day is None else due_for_dispatch(batch_ms, day)
        self.waiting[transfer] = due_ms

    def _hold(self, row: CommandRow, batch_ms: int | None) -> StandingHold | None:
        if row.kind != Kind.HOLD:
            found = read_redecision(row.detail)
            if found is None:
                return None
            until_ms = self._until(batch_ms, self._hours(found.policy))
            return StandingHold(DUTY_OFFICER, found.reasons, until_ms)
        command = _decoded(row)
        if not isinstance(command, commands.Hold):
            return None
        return StandingHold(command.owner, BY_OPERATOR, self._until(batch_ms, command.hours))

    def _hours(self, policy: int) -> int | None:
        known = self.policies.get(policy)
        return known.hold_hours if known else None

    @staticmethod
    def _until(batch_ms: int | None, hours: int | None) -> int | None:
        return None if batch_ms is None or hours is None else batch_ms + hours * HOUR_MS

    def _set(self, row: CommandRow, batch_ms: int | None) -> None:
        if row.kind == Kind.RETURN and row.outcome == QUESTIONED:
            self._look_at_return(row, batch_ms)
        if row.outcome != "ok":
            return
        command = _decoded(row)
        match command:
            case commands.Freeze():
                self.freezes[command.index] = row.number
            case commands.Unfreeze():
                self.freezes.pop(command.index, None)
            case commands.AcknowledgeAlert() | commands.CloseAlert():
                self._change_alert(row.number, command)
            case commands.OpenAccount() | commands.SetCredential() | commands.SetPolicy():
                self._give_number(_number_in(row), command)
            case _:
                pass

    def _give_number(self, number: int | None, command: object) -> None:
        """What is set under a number, which the detail of its answer tells."""
        match command:
            case _ if number is None:
                pass
            case commands.OpenAccount():
                self.accounts[number] = account_hash(_account(command))
            case commands.SetCredential():
                self.credentials[number] = self._credential(number, command)
            case commands.SetPolicy():
                hours = _hold_hours(command.content)
                self.policies[number] = StandingPolicy(hash_of(command.content), hours)
            case _:
                pass

    def _credential(self, number: int, command: commands.SetCredential) -> Credential:
        known = self.credentials.get(number)
        if command.number and known is not None:
            return replace(known, is_active=False)
        return Credential(
            number=number,
            name=command.name,
            verifier=command.verifier,
            permissions=frozenset(command.permissions),
            is_active=not command.number,
            expires_ms=command.expires_ms,
            addresses=tuple(command.addresses),
        )


def account_hash(account: StandingAccount) -> bytes:
    """An account in 32 bytes."""
    return sha256(_encode(account)).digest()


_encode = msgspec.msgpack.Encoder().encode
_number = msgspec.msgpack.Decoder(int).decode


def _account(command: commands.OpenAccount) -> StandingAccount:
    holder_hash = sha256(command.holder).digest()
    kind, currency = command.account_kind, command.currency
    return StandingAccount(kind, currency, command.index, command.party, holder_hash)


def _hold_hours(content: bytes) -> int | None:
    try:
        return decode_policy(content).hold_hours
    except Refusal:
        return None


def _decoded(row: CommandRow) -> object | None:
    try:
        return decode(row.kind, row.body)
    except (msgspec.MsgspecError, ValueError, KeyError):
        return None


def _number_in(row: CommandRow) -> int | None:
    """The number that a setting was given, which is the detail of its answer."""
    try:
        return _number(row.detail)
    except msgspec.MsgspecError:
        return None
