"""From requests to commands: orders through the intake, the rest with its text sealed.

Rules: 1. An item that cannot be read or is refused becomes a refusal under its own key, never a
lost item. 2. Whatever a person typed is sealed before it leaves here: reasons under the key of the
system subject, holders under the key of their account.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec

from countersign.gate import commands, requests
from countersign.gate.commands import Command, Kind, RefusedIntake, Submission, encode
from countersign.gate.errors import MalformedRequest
from countersign.gate.intake import Intake, Keys, OrderRequest
from countersign.gate.requests import REQUESTS, Item
from countersign.kernel.money import exponent
from countersign.kernel.refusal import Refusal
from countersign.transfers.order import Order
from countersign.vault.blind_index import PARTY, blind_index
from countersign.vault.seal import Place, seal

_FORGET_SECONDS = 1.0  # So long may something be sealed for who was erased meanwhile.
SYSTEM_SUBJECT = b"\x00" * 16
REASON_PLACE = Place("gate.command.body")
HOLDER_PLACE = Place("accounts.account.holder")


class Accounts(Protocol):
    """Which accounts are open here; `known_accounts.KnownAccounts` outside of simulation."""

    def unknown_of(self, indexes: Iterable[bytes]) -> set[bytes]: ...


class Preparation:
    """Prepares whatever peers send. Belongs to one thread."""

    def __init__(self, keys: Keys, accounts: Accounts) -> None:
        self._keys = keys
        self._intake = Intake(keys, unknown_of=accounts.unknown_of)

    def prepare(self, credential: int, items: Sequence[Item]) -> list[Submission]:
        """Submissions in the order of the items."""
        self._keys.forget_erased(every_seconds=_FORGET_SECONDS)
        out: list[Submission | None] = [None] * len(items)
        orders: list[tuple[int, OrderRequest]] = []
        for place, item in enumerate(items):
            request = _decoded(item)
            if isinstance(request, Order):
                orders.append((place, OrderRequest(item.key, request)))
            else:
                out[place] = self._prepared(credential, item, request)
        prepared = self._intake.prepare(credential, [request for _, request in orders])
        for (place, _), submission in zip(orders, prepared, strict=True):
            out[place] = submission
        return [submission for submission in out if submission is not None]

    def _prepared(
        self, credential: int, item: Item, request: msgspec.Struct | Refusal
    ) -> Submission:
        # Encoded again, so that the same content is the same body whatever bytes a peer sent.
        plain = item.body if isinstance(request, Refusal) else requests.encode_body(request)
        mac = self._intake.mac(bytes([item.kind & 0xFF]) + plain)
        try:
            command = self._command(item, request)
        except Refusal as refusal:
            command = RefusedIntake(refusal.code)
        return Submission(credential, item.key, mac, command, encode(command))

    def _command(self, item: Item, request: Any) -> Command:
        if isinstance(request, Refusal):
            raise request
        if isinstance(request, Command):
            return request
        return _CONVERSIONS[Kind(item.kind)](self, item.key, request)

    def index(self, reference: str) -> bytes:
        return self._intake.index_of(reference)

    def party(self, known_by: str) -> bytes:
        return blind_index(self._keys.keyset.blind_index.current, PARTY, known_by)

    def reason(self, key: bytes, text: str) -> bytes:
        return self._sealed(REASON_PLACE, key, SYSTEM_SUBJECT, text)

    def holder(self, index: bytes, name: str, reference: str) -> bytes:
        text = requests.encode_body([name, reference])
        return self._sealed(HOLDER_PLACE, index, index, text)

    def _sealed(self, place: Place, row: bytes, subject: bytes, text: str | bytes) -> bytes:
        key = self._keys.ensure([subject])[subject]
        return seal(
            key.aead,
            instance=self._keys.instance,
            place=place,
            row=row,
            subject=subject,
            epoch=key.epoch,
            plaintext=text.encode() if isinstance(text, str) else text,
        )


def _decoded(item: Item) -> msgspec.Struct | Refusal:
    try:
        return _DECODERS[Kind(item.kind)].decode(item.body)
    except (msgspec.MsgspecError, ValueError, KeyError, RecursionError):
        return MalformedRequest(why="its fields are not those of its kind")


def _open_account(p: Preparation, _: bytes, r: requests.OpenAccountRequest) -> Command:
    exponent(r.currency)  # Refuses what is no currency.
    index = p.index(r.account)
    party = p.party(r.party) if r.party else index
    holder = p.holder(index, r.holder, r.account)
    return commands.OpenAccount(r.account_kind, r.currency, index, party, r.overdraft, holder)


def _fund(p: Preparation, key: bytes, r: requests.FundRequest) -> Command:
    return commands.Fund(p.index(r.account), r.amount, r.currency, p.reason(key, r.reason))


def _correct(p: Preparation, key: bytes, r: requests.CorrectRequest) -> Command:
    sides = p.index(r.debit_account), p.index(r.credit_account)
    return commands.Correct(*sides, r.amount, r.currency, p.reason(key, r.reason))


def _reverse(p: Preparation, key: bytes, r: requests.ReverseRequest) -> Command:
    return commands.Reverse(r.original, p.reason(key, r.reason))


def _cancel(p: Preparation, key: bytes, r: requests.CancelRequest) -> Command:
    return commands.Cancel(r.transfer, p.reason(key, r.reason))


def _hold(p: Preparation, key: bytes, r: requests.HoldRequest) -> Command:
    return commands.Hold(r.transfer, r.owner, r.hours, p.reason(key, r.reason))


def _release(p: Preparation, key: bytes, r: requests.ReleaseRequest) -> Command:
    return commands.Release(r.transfer, r.hold, p.reason(key, r.reason))


def _reject(p: Preparation, key: bytes, r: requests.RejectRequest) -> Command:
    return commands.Reject(r.transfer, r.reason_code, p.reason(key, r.reason))


def _freeze(p: Preparation, key: bytes, r: requests.FreezeRequest) -> Command:
    return commands.Freeze(p.index(r.account), p.reason(key, r.reason))


def _unfreeze(p: Preparation, key: bytes, r: requests.UnfreezeRequest) -> Command:
    return commands.Unfreeze(p.index(r.account), p.reason(key, r.reason))


def _close_alert(p: Preparation, key: bytes, r: requests.CloseAlertRequest) -> Command:
    return commands.CloseAlert(r.alert, r.disposition, p.reason(key, r.reason))


def _reveal(p: Preparation, key: bytes, r: requests.RevealRequest) -> Command:
    return commands.Reveal(r.transfer, p.reason(key, r.reason))


_CONVERSIONS: dict[Kind, Callable[[Preparation, bytes, Any], Command]] = {
    Kind.OPEN_ACCOUNT: _open_account,
    Kind.FUND: _fund,
    Kind.CORRECT: _correct,
    Kind.REVERSE: _reverse,
    Kind.CANCEL: _cancel,
    Kind.HOLD: _hold,
    Kind.RELEASE: _release,
    Kind.REJECT: _reject,
    Kind.FREEZE: _freeze,
    Kind.UNFREEZE: _unfreeze,
    Kind.CLOSE_ALERT: _close_alert,
    Kind.REVEAL: _reveal,
}
_DECODERS = {kind: msgspec.msgpack.Decoder(request) for kind, request in REQUESTS.items()}
