"""A little bank that reads the journal and nothing else, to hold the gate against.

It knows what each command may do to a transfer and to money, adds the postings up itself, and says
what is wrong by the number of the invariant. It shares no code with what decides.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from countersign.gate import commands
from countersign.gate.commands import Kind
from countersign.gate.journal.protocol import Recorded
from countersign.gate.rows import CommandRow
from countersign.ledger.model import Posting
from countersign.transfers.model import TransferRow

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
RETURN_WINDOW_MS = 30 * 24 * HOUR_MS
REVERSAL_MS = 30 * DAY_MS
CUSTOMER, EXTERNAL, SETTLEMENT = 1, 2, 3
PENDING, POST, VOID, DIRECT, REVERSE, RETURN = 1, 2, 3, 4, 5, 6
HELD, RELEASED, SETTLED, REJECTED = 7, 8, 10, 11
NO_FLOOR = -(10**30)

Violate = Callable[[str, str], None]

# What refuses a command whatever it says.
ANY_REFUSAL = {
    "access.not_permitted",
    "access.unknown_credential",
    "gate.fault",
    "ledger.out_of_range",
}
# The findings that this model makes itself, of amounts and counts.
LIMITS = {"rules.amount", "rules.frequency", "rules.new_creditor", "rules.no_threshold"}
# (command, outcome): the statuses that it may be done in, the status after, the kind of posting.
MOVES: dict[tuple[Kind, str], tuple[tuple[str, ...], str, int | None]] = {
    (Kind.CANCEL, "cancelled"): (("held", "released"), "cancelled", VOID),
    (Kind.REJECT, "rejected"): (("held", "released"), "rejected", VOID),
    (Kind.TICK, "expired"): (("held",), "expired", VOID),
    (Kind.HOLD, "held"): (("released",), "held", None),
    (Kind.RELEASE, "released"): (("held",), "released", None),
    (Kind.DISPATCH, "held"): (("released",), "held", None),
    (Kind.DISPATCH, "dispatched"): (("released",), "dispatched", None),
    (Kind.DISPATCH, "settled"): (("released",), "settled here", POST),
    (Kind.RAIL_STATUS, "settled"): (("dispatched",), "settled", POST),
    (Kind.RAIL_STATUS, "rejected"): (("dispatched",), "rejected", VOID),
    (Kind.RETURN, "returned"): (("settled",), "returned", RETURN),
}


@dataclass(slots=True)
class Account:
    kind: int
    currency: str
    index: bytes
    floor: int
    balance: int = 0
    held: int = 0


class Facts(NamedTuple):
    """What was known of an order when it came."""

    in_hour: int
    is_new: bool


@dataclass(slots=True)
class Life:
    """One transfer as the journal tells it."""

    row: TransferRow
    debtor_index: bytes
    status: str
    facts: "Facts"
    reasons: set[str]  # Why it was held last.
    until_ms: int = 0  # When that hold runs out.
    held_by: int = 0  # The command that held it.
    covered: set[str] = field(default_factory=set)  # What releases let pass.
    dispatches: int = 0
    taken: int = 0  # How often its money went over for good.
    moved_ms: int = 0  # When its status changed last.


@dataclass(slots=True)
class Booked:
    """What a funding or a correction booked."""

    posting: Posting
    at_ms: int
    reversals: int = 0


@dataclass(slots=True)
class Limits:
    """What the policy of a number allows; read from its JSON."""

    amounts: dict[str, dict[str, int]]
    orders_per_hour_max: int
    hold_hours: int


@dataclass
class Model:
    violate: Violate
    accounts: dict[int, Account] = field(default_factory=dict)
    lives: dict[int, Life] = field(default_factory=dict)
    frozen: dict[bytes, int] = field(default_factory=dict)
    revoked: set[int] = field(default_factory=set)
    policies: list[Limits] = field(default_factory=list)
    pending: dict[int, Posting] = field(default_factory=dict)
    orders_at: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    paid: set[tuple[int, bytes]] = field(default_factory=set)
    booked: dict[int, Booked] = field(default_factory=dict)
    reversals: set[str] = field(default_factory=set)  # The outcomes that were met.
    # When each transfer that was ever released is due, and the command that released it last.
    due: dict[int, tuple[int, int]] = field(default_factory=dict)
    next_number: int = 0

    def follow(self, recorded: Recorded) -> None:
        """Take in one batch, row by row."""
        self._incoming: dict[int, int] = defaultdict(int)
        postings: dict[int, list[Posting]] = defaultdict(list)
        for posting in recorded.postings:
            postings[posting.number].append(posting)
        rows: list[TransferRow | CommandRow] = [*recorded.transfers, *recorded.commands]
        rows.sort(key=lambda row: row.number)
        for row in rows:
            if row.number != self.next_number:
                self.violate("I6", f"number {row.number} where {self.next_number} was due")
            self.next_number = row.number + 1
            caused = postings.pop(row.number, [])
            if isinstance(row, TransferRow):
                self._order(row, caused, recorded.header.batch_ms)
            else:
                self._command(row, caused, recorded.header.batch_ms)
            for posting in caused:
                self._post(posting)
        if postings:
            self.violate("I6", f"postings of no command: {sorted(postings)}")
        for number, amount in self._incoming.items():
            self.accounts[number].balance += amount
        self._incoming.clear()
        self._check_sums()

    def balances(self) -> list[tuple[int, int]]:
        """(balance, held) by account number."""
        return [(a.balance, a.held) for _, a in sorted(self.accounts.items())]

    def available(self, index: bytes) -> int:
        """What is left to spend on the account of an index, as far as the journal tells."""
        of_index = (a for a in self.accounts.values() if a.index == index)
        return sum(account.balance - account.held - account.floor for account in of_index)

    def _order(self, row: TransferRow, caused: list[Posting], batch_ms: int) -> None:
        debtor = self.accounts[row.debtor]
        in_hour = sum(1 for at in self.orders_at[row.debtor] if at > batch_ms - HOUR_MS)
        facts = Facts(in_hour, (row.debtor, row.creditor_index) not in self.paid)
        self._check_limits(row, facts)
        self.orders_at[row.debtor].append(batch_ms)
        self.paid.add((row.debtor, row.creditor_index))
        wanted = {HELD: PENDING, RELEASED: PENDING, SETTLED: DIRECT, REJECTED: None}[row.status]
        self._check_caused(row.number, caused, wanted, row)
        is_frozen = debtor.index in self.frozen or row.creditor_index in self.frozen
        if is_frozen and row.status not in {HELD, REJECTED}:
            self.violate("I8", f"order {row.number} went on although a side is frozen")
        lacks = debtor.balance - debtor.held - debtor.floor < row.amount
        said_lacks = "ledger.insufficient_funds" in row.reasons.split(",")
        is_blocked = {"sca.factor_missing", "rules.frozen_side"} & set(row.reasons.split(","))
        if said_lacks != lacks and not is_blocked:
            self.violate("I5", f"order {row.number}: funds lack is {lacks}, the gate: {said_lacks}")
        status = {HELD: "held", RELEASED: "released", SETTLED: "settled here"}.get(row.status)
        if status:
            reasons = set(row.reasons.split(","))
            until_ms = batch_ms + self.policies[-1].hold_hours * HOUR_MS
            self.lives[row.number] = Life(
                row, debtor.index, status, facts, reasons, until_ms, held_by=row.number
            )
        if status == "released":
            self._due(row, row.number, batch_ms)

    def _check_limits(self, row: TransferRow, facts: Facts) -> None:
        """Whatever is over a limit is held at least, and for that reason (I5)."""
        if row.policy != len(self.policies):
            self.violate("I5", f"order {row.number} was decided by an older policy")
        over = self._over(row, facts)
        said = LIMITS & set(row.reasons.split(","))
        if said != over:
            self.violate("I5", f"order {row.number} is over {over}, the gate: {said}")
        if over and row.status in {RELEASED, SETTLED}:
            self.violate("I5", f"order {row.number} is over a limit and was not held")

    def _over(self, row: TransferRow, facts: Facts) -> set[str]:
        """The limits of the newest policy that an order is over."""
        limits = self.policies[-1]
        is_often = {"rules.frequency"} if facts.in_hour >= limits.orders_per_hour_max else set()
        amounts = {name: by.get(row.currency) for name, by in limits.amounts.items()}
        large, new = amounts["large"], amounts["new_creditor"]
        if large is None or new is None:
            return {"rules.no_threshold"} | is_often
        is_over = {
            "rules.amount": row.amount >= large,
            "rules.new_creditor": facts.is_new and row.amount >= new,
        }
        return {code for code, is_so in is_over.items() if is_so} | is_often

    def _command(self, row: CommandRow, caused: list[Posting], batch_ms: int) -> None:
        kind = Kind(row.kind)
        if kind == Kind.REVERSE:
            self._check_reversal(row, caused, batch_ms)
        if (kind, row.outcome) == (Kind.RETURN, "returned"):
            self._check_return(row)
        move = MOVES.get((kind, row.outcome))
        if move is not None:
            self._move(row, kind, move, caused, batch_ms)
        elif row.outcome == "ok":
            self._setting(row, kind, caused, batch_ms)
        elif (kind, row.outcome) == (Kind.RETURN, "questioned"):
            self._check_question(row, caused, batch_ms)
        elif caused or row.transfer or "." not in row.outcome:
            self.violate("I1", f"command {row.number}, {row.outcome}, moved something")

    def _move(
        self,
        row: CommandRow,
        kind: Kind,
        move: tuple[tuple[str, ...], str, int | None],
        caused: list[Posting],
        batch_ms: int,
    ) -> None:
        life = self.lives[row.transfer]
        before, after, posting_kind = move
        if life.status not in before:
            self.violate("I2", f"{row.number}: {after} of {row.transfer}, which is {life.status}")
        if row.digest != life.row.digest:
            self.violate("I4", f"{row.number} names another digest than order {row.transfer}")
        amount = life.row.amount
        if kind in {Kind.RAIL_STATUS, Kind.RETURN}:
            said = commands.decode(row.kind, row.body)
            assert isinstance(said, commands.RailStatus | commands.Return)
            amount = said.amount if isinstance(said, commands.Return) else amount
            if said.digest != life.row.digest or said.transfer != row.transfer:
                self.violate("I4", f"{row.number} took an answer for another order")
        self._check_dispatch(row, kind, life, batch_ms)
        self._check_caused(row.number, caused, posting_kind, life.row._replace(amount=amount))
        life.status, life.moved_ms = after, batch_ms
        if after == "held":
            life.held_by = row.number
        elif after == "released":
            self._due(life.row, row.number, batch_ms)
        self._keep_hold(row, life, batch_ms)

    def _check_return(self, row: CommandRow) -> None:
        """What came back is no more than left, in its currency."""
        said, order = commands.decode(row.kind, row.body), self.lives[row.transfer].row
        assert isinstance(said, commands.Return)
        if said.doubt or not 0 < said.amount <= order.amount or said.currency != order.currency:
            self.violate("I1", f"return {row.number} is of too much or in doubt, and was booked")

    def _check_question(self, row: CommandRow, caused: list[Posting], batch_ms: int) -> None:
        """A questioned return moves nothing, and something speaks against it."""
        said = commands.decode(row.kind, row.body)
        assert isinstance(said, commands.Return)
        life = self.lives.get(said.transfer)
        if caused or row.transfer:
            self.violate("I1", f"questioned return {row.number} moved something")
        if said.doubt or life is None or life.status != "settled":
            return
        if batch_ms - life.moved_ms >= RETURN_WINDOW_MS:
            return
        order = life.row
        is_right = said.digest == order.digest and said.currency == order.currency
        if is_right and 0 < said.amount <= order.amount:
            self.violate("I2", f"return {row.number} of {order.number} was questioned for nothing")

    def _due(self, order: TransferRow, cause: int, batch_ms: int) -> None:
        self.due[order.number] = (max(batch_ms, order.execution_day * DAY_MS), cause)

    def _keep_hold(self, row: CommandRow, life: Life, batch_ms: int) -> None:
        """Why and until when it is held; what a release let pass; no hold runs out early."""
        match commands.decode(row.kind, row.body):
            case commands.Tick(due_ms=due_ms):
                if due_ms != life.until_ms or batch_ms < life.until_ms:
                    self.violate("timers", f"{row.number}: the hold ran until {life.until_ms}")
            case commands.Hold(hours=hours):
                life.reasons, life.until_ms = {"operator"}, batch_ms + hours * HOUR_MS
            case commands.Release(hold=hold):
                if hold != life.held_by:
                    self.violate("I5", f"{row.number} let another hold pass than it named")
                life.covered |= life.reasons
            case commands.Dispatch() if life.status == "held":
                _, reasons, _ = msgspec.msgpack.decode(row.detail)
                life.reasons = set(reasons.split(","))
                life.until_ms = batch_ms + self.policies[-1].hold_hours * HOUR_MS
            case _:
                pass

    def _check_dispatch(self, row: CommandRow, kind: Kind, life: Life, batch_ms: int) -> None:
        if kind != Kind.DISPATCH or row.outcome == "held":
            return
        life.dispatches += 1
        if life.dispatches > 1:
            self.violate("I2", f"transfer {row.transfer} was dispatched twice")
        if life.row.execution_day > batch_ms // DAY_MS:
            self.violate("I3", f"transfer {row.transfer} left before its day")
        if life.debtor_index in self.frozen or life.row.creditor_index in self.frozen:
            self.violate("I8", f"transfer {row.transfer} left although a side is frozen")
        found = self._over(life.row, life.facts)
        if life.row.credential in self.revoked:
            found.add("access.credential_revoked")
        if found - life.covered:
            self.violate("I5", f"transfer {row.transfer} left although nobody let pass {found}")

    def _check_reversal(self, row: CommandRow, caused: list[Posting], batch_ms: int) -> None:
        """It goes through exactly when it may, and books what was booked the other way round."""
        self.reversals.add(row.outcome)
        if row.outcome in ANY_REFUSAL:
            return
        command = commands.decode(row.kind, row.body)
        assert isinstance(command, commands.Reverse)
        wanted = self._reversal(command.original, row.number, batch_ms)
        if row.outcome != wanted:
            self.violate("I1", f"reversal {row.number}: {row.outcome}, wanted is {wanted}")
        if row.outcome != "ok":
            return
        booked = self.booked[command.original]
        booked.reversals += 1
        if booked.reversals > 1:
            self.violate("I2", f"command {command.original} was reversed twice")
        was = booked.posting
        mirrored = (0, was.credit_account, was.debit_account, was.amount, was.currency)
        if [posting[3:] for posting in caused] != [mirrored]:
            self.violate("I1", f"reversal {row.number} does not mirror {was}: {caused}")

    def _reversal(self, original: int, number: int, batch_ms: int) -> str:
        """What a reversal must come to."""
        booked = self.booked.get(original)
        old = [n for n, one in self.booked.items() if one.at_ms + REVERSAL_MS <= batch_ms]
        if original >= number:
            return "ledger.unknown_entry"
        if old and original <= max(old):
            return "ledger.too_old_to_reverse"
        if booked is None:
            return "ledger.not_reversible"
        if booked.reversals:
            return "ledger.already_reversed"
        giving = self.accounts[booked.posting.credit_account]
        lacks = giving.balance - giving.held - giving.floor < booked.posting.amount
        return "ledger.insufficient_funds" if lacks else "ok"

    def _setting(self, row: CommandRow, kind: Kind, caused: list[Posting], batch_ms: int) -> None:
        command = commands.decode(row.kind, row.body)
        wanted = {Kind.FUND: DIRECT, Kind.CORRECT: DIRECT, Kind.REVERSE: REVERSE}.get(kind)
        if [p.kind for p in caused] != ([wanted] if wanted else []):
            self.violate("I1", f"command {row.number} has postings {caused}")
        match command:
            case commands.OpenAccount():
                is_own = command.account_kind in {EXTERNAL, SETTLEMENT}
                floor = NO_FLOOR if is_own else -command.overdraft
                number = len(self.accounts) + 1
                self.accounts[number] = Account(
                    command.account_kind, command.currency, command.index, floor
                )
            case commands.Fund() | commands.Correct() if caused:
                self.booked[row.number] = Booked(caused[0], batch_ms)
            case commands.SetPolicy():
                content = msgspec.json.decode(command.content)
                self.policies.append(
                    Limits(
                        content["amounts"],
                        _per_hour(content["rules"]),
                        content["hold_hours"],
                    )
                )
            case commands.SetCredential() if command.number:
                self.revoked.add(command.number)
            case commands.Freeze():
                self._freeze(row, command.index)
            case commands.Unfreeze():
                del self.frozen[command.index]
            case _:
                pass

    def _freeze(self, row: CommandRow, index: bytes) -> None:
        left = [
            number
            for number, life in sorted(self.lives.items())
            if life.status == "dispatched" and index in {life.debtor_index, life.row.creditor_index}
        ]
        if msgspec.msgpack.decode(row.detail) != [len(left), left]:
            self.violate("I8", f"freeze {row.number} does not list what left before: {left}")
        self.frozen[index] = row.number

    def _check_caused(
        self, number: int, caused: list[Posting], wanted: int | None, order: TransferRow
    ) -> None:
        """Exactly the one posting that belongs to it, over the order's own amount and accounts."""
        if [p.kind for p in caused] != ([] if wanted is None else [wanted]):
            self.violate("I1", f"command {number} has postings {caused}, not of kind {wanted}")
        for posting in caused:
            debit = posting.credit_account if posting.kind == RETURN else posting.debit_account
            is_right = (posting.transfer, debit, posting.amount, posting.currency) == (
                order.number,
                order.debtor,
                order.amount,
                order.currency,
            )
            if not is_right:
                self.violate("I1", f"command {number} has a posting that is not of its order")

    def _post(self, posting: Posting) -> None:
        debit, credit = (
            self.accounts[number] for number in (posting.debit_account, posting.credit_account)
        )
        if {debit.currency, credit.currency} != {posting.currency} or posting.amount <= 0:
            self.violate("I1", f"posting {posting} is not between accounts of its currency")
        if posting.kind == PENDING:
            self.pending[posting.transfer] = posting
            debit.held += posting.amount
        elif posting.kind in {POST, VOID}:
            was = self.pending.pop(posting.transfer, None)
            if was is None or was[4:] != posting[4:]:
                self.violate("I2", f"posting {posting} ends what was not pending")
            debit.held -= posting.amount
        if posting.kind in {POST, DIRECT, REVERSE, RETURN}:
            debit.balance -= posting.amount
            # A credit is spendable from the next batch on.
            self._incoming[posting.credit_account] += posting.amount
            self._count_taken(posting)
        if debit.balance - debit.held < debit.floor:
            self.violate("I5", f"account {posting.debit_account} fell below its floor")

    def _count_taken(self, posting: Posting) -> None:
        life = self.lives.get(posting.transfer)
        if life and posting.kind != RETURN:
            life.taken += 1
            if life.taken > 1:
                self.violate("I2", f"transfer {posting.transfer} was settled twice")

    def _check_sums(self) -> None:
        sums: dict[str, int] = defaultdict(int)
        held: dict[int, int] = defaultdict(int)
        for account in self.accounts.values():
            sums[account.currency] += account.balance
        for posting in self.pending.values():
            held[posting.debit_account] += posting.amount
        if any(sums.values()):
            self.violate("I1", f"a currency does not sum to zero: {dict(sums)}")
        if any(account.held != held[number] for number, account in self.accounts.items()):
            self.violate("I1", "held is not the sum of the open pending postings")


def _per_hour(rules: list[dict[str, str]]) -> int:
    """How many orders an hour the policy allows, from the text of its rule."""
    when = next(rule["when"] for rule in rules if rule["code"] == "rules.frequency")
    return int(when.removeprefix("debtor_count_1h >= "))
