"""What clients ask for: random commands of every kind, sensible or not, each under its own key."""

from dataclasses import dataclass
from hashlib import sha256
from random import Random

import msgspec
from tests.simulation.model import Model
from tests.support.gate import TODAY, index_of
from tests.support.policies import a_policy, a_typology

from countersign.access.model import GATE, OPERATOR, WORKER, Permission
from countersign.gate import checks, commands
from countersign.gate.commands import Command, Submission
from countersign.gate.journal.protocol import RequestKey
from countersign.rules.model import Policy, encode_policy

CUSTOMERS = {"ada": "EUR", "bo": "EUR", "cy": "EUR", "dee": "USD", "eve": "USD"}
OVERDRAFTS = {"bo": 700, "dee": 1_500}
OTHERS = ("elsewhere", "far away", "settlement/EUR", "out")
UNREADABLE = b"\x91\x93\xa1\xff\x01\x01"  # Evidence that is no text: deciding on it raises.
CHANNELS = (100, 101)
NOBODY = 999
_INDEXES = {name: index_of(name) for name in (*CUSTOMERS, *OTHERS, "nobody")}


@dataclass(frozen=True, slots=True)
class Request:
    """One command under one key; resent as it is until it is answered."""

    credential: int
    key: bytes
    mac: bytes
    command: Command
    body: bytes

    @property
    def request_key(self) -> RequestKey:
        return self.credential, self.key

    def submission(self) -> Submission:
        """Make a new object each time, as each arrival of a request is one."""
        return Submission(self.credential, self.key, self.mac, self.command, self.body)


def request(credential: int, key: bytes, command: Command) -> Request:
    encoded = commands.encode(command)
    body = b"" if isinstance(command, commands.PlaceOrder) else encoded
    return Request(credential, key, b"\x01" + sha256(encoded).digest()[:16], command, body)


class Clients:
    """All clients of one world. They see what the journal told the model, as a console would."""

    def __init__(self, random: Random, model: Model) -> None:
        self._random = random
        self._model = model
        self._made = 0
        self._keys = random.randbytes(8)

    def opening(self) -> list[Request]:
        """The commands that make a bank of an empty gate."""
        out: list[Command] = [commands.SetPolicy(encode_policy(self._a_policy()))]
        out += [_open(3, currency, f"settlement/{currency}", 0) for currency in ("EUR", "USD")]
        for name, currency in CUSTOMERS.items():
            out.append(_open(1, currency, name, OVERDRAFTS.get(name, 0)))
            amount = self._random.randrange(2_000, 12_000)
            out.append(commands.Fund(_INDEXES[name], amount, currency, b""))
        out += [_credential(0, name, is_active=True) for name in ("erp", "web")]
        return [request(OPERATOR, self._new_key(), command) for command in out]

    def new(self) -> Request:
        """Ask for anything at all."""
        random = self._random
        make = random.choices(_MAKERS, _WEIGHTS)[0]
        credential, command = make(self)
        if random.random() < 0.03:
            credential = random.choice((OPERATOR, WORKER, *CHANNELS, NOBODY))
        return request(credential, self._new_key(), command)

    def twin(self, of: Request) -> Request:
        """Another body under the same key."""
        return request(of.credential, of.key, self.new().command)

    def plain(self) -> Request:
        """Ask for what changes nothing and is always recorded."""
        command = commands.RefusedIntake("money.malformed_amount")
        return request(CHANNELS[0], self._new_key(), command)

    def _new_key(self) -> bytes:
        self._made += 1
        return self._keys + self._made.to_bytes(8, "big")

    def _order(self) -> tuple[int, Command]:
        random = self._random
        debtor = random.choice(tuple(CUSTOMERS))
        creditor = random.choice((*CUSTOMERS, *OTHERS))
        amount = random.randrange(1, random.choice((50, 500, 4_000)))
        if random.random() < 0.05:
            amount = random.choice((0, -5, 10**15, 10**15 + 1))
        elif random.random() < 0.2:
            amount = max(1, self._model.available(_INDEXES[debtor]) + random.choice((0, 1, 400)))
        currency = CUSTOMERS[debtor] if random.random() < 0.96 else "USD"
        day = TODAY + random.choice((0, 0, 0, 0, -1, -11, 1, 2, 500))
        if random.random() < 0.04:
            debtor = random.choice(("nobody", "out", "settlement/EUR"))
        credential = random.choice(CHANNELS)
        evidence = checks.attest(credential)
        if random.random() < 0.05:
            evidence = random.choice((b"", b"junk", checks.attest(NOBODY), UNREADABLE))
        command = commands.PlaceOrder(
            _INDEXES[debtor],
            _INDEXES[creditor],
            amount,
            currency,
            day,
            random.randbytes(32),
            evidence,
            b"debtor side",
            b"creditor side",
        )
        return credential, command

    def _transfer(self, *statuses: str) -> int:
        """Name a transfer, mostly one in such a status, at times any number."""
        lives = self._model.lives
        if self._random.random() < 0.1 or not lives:
            return self._random.randrange(self._model.next_number + 5)
        fitting = [number for number, life in lives.items() if life.status in statuses]
        return self._random.choice(fitting or list(lives))

    def _cancel(self) -> tuple[int, Command]:
        return OPERATOR, commands.Cancel(self._transfer("held", "released"), b"")

    def _hold(self) -> tuple[int, Command]:
        number = self._transfer("released")
        return OPERATOR, commands.Hold(number, "ann", self._random.choice((1, 2, 48)), b"")

    def _release(self) -> tuple[int, Command]:
        number = self._transfer("held")
        life = self._model.lives.get(number)
        hold = life.held_by if life and self._random.random() < 0.85 else number
        return OPERATOR, commands.Release(number, hold, b"")

    def _reject(self) -> tuple[int, Command]:
        return OPERATOR, commands.Reject(self._transfer("held", "released"), "FRAD", b"")

    def _dispatch(self) -> tuple[int, Command]:
        return WORKER, commands.Dispatch(self._transfer("released"))

    def _rail(self) -> tuple[int, Command]:
        random = self._random
        number = self._transfer("dispatched", "dispatched", "settled")
        life = self._model.lives.get(number)
        digest = life.row.digest if life and random.random() < 0.85 else random.randbytes(32)
        verdict = random.choice(("settled", "settled", "rejected", "return", "return", "lost"))
        if verdict != "return":
            return WORKER, commands.RailStatus(number, verdict, "", digest)
        amount, currency = (life.row.amount, life.row.currency) if life else (5, "EUR")
        amount = random.choice((amount, amount, amount, amount - 1, amount + 1, 0))
        currency = random.choice((currency, currency, currency, "CHF"))
        doubt = random.choice(("", "", "", "rails.return_conflicts"))
        return WORKER, commands.Return(
            number, digest, "RTR", amount, currency, "AC04", random.randbytes(32), doubt
        )

    def _freeze(self) -> tuple[int, Command]:
        name = self._random.choice((*CUSTOMERS, *OTHERS[:2]))
        return OPERATOR, commands.Freeze(_INDEXES[name], b"")

    def _unfreeze(self) -> tuple[int, Command]:
        frozen = list(self._model.frozen)
        index = self._random.choice(frozen) if frozen else _INDEXES["ada"]
        return OPERATOR, commands.Unfreeze(index, b"")

    def _fund(self) -> tuple[int, Command]:
        random = self._random
        name = random.choice((*CUSTOMERS, "settlement/EUR", "nobody"))
        currency = CUSTOMERS.get(name, "EUR")
        if random.random() < 0.2:
            currency = random.choice(("EUR", "USD", "CHF"))
        amount = random.choice((1, 900, 3_000, 0, -1, 10**15 + 1))
        return OPERATOR, commands.Fund(_INDEXES[name], amount, currency, b"")

    def _correct(self) -> tuple[int, Command]:
        random = self._random
        debit, credit = random.choices((*CUSTOMERS, "settlement/EUR"), k=2)
        amount = random.choice((1, 500, 5_000, 0))
        currency = CUSTOMERS.get(debit, "EUR")
        return OPERATOR, commands.Correct(_INDEXES[debit], _INDEXES[credit], amount, currency, b"")

    def _reverse(self) -> tuple[int, Command]:
        """Mostly what was booked, done or not; at times any number, also one that is to come."""
        random = self._random
        number = random.randrange(self._model.next_number + 5)
        if random.random() < 0.8:
            # The last ones are those whose money may still be there.
            number = random.choice(list(self._model.booked)[-6:])
        return OPERATOR, commands.Reverse(number, b"")

    def _open_account(self) -> tuple[int, Command]:
        random = self._random
        name = random.choice(("out", "far away", "ada", f"new {self._made}"))
        kind = random.choice((1, 1, 2, 2, 3, 4, 9))
        overdraft = random.choice((0, 100))
        return OPERATOR, _open(kind, random.choice(("EUR", "USD", "CHF")), name, overdraft)

    def _set_credential(self) -> tuple[int, Command]:
        random = self._random
        if random.random() < 0.5:
            return OPERATOR, _credential(0, random.choice(("erp", "batch", "ops")), is_active=True)
        number = random.choice((CHANNELS[1], 102, 103, 1, 555))
        return OPERATOR, _credential(number, "gone", is_active=False)

    def _set_policy(self) -> tuple[int, Command]:
        content = encode_policy(self._a_policy())
        if self._random.random() < 0.3:
            content = self._random.choice((b"{}", b"\xff", b'{"factor":"\xff"}', content[:-9]))
        return OPERATOR, commands.SetPolicy(content)

    def _refused_intake(self) -> tuple[int, Command]:
        return CHANNELS[0], commands.RefusedIntake("money.malformed_amount")

    def _tick(self) -> tuple[int, Command]:
        """A tick that no timer sent: of anybody, or too early, or of a hold that is no more."""
        number = self._transfer("held")
        life = self._model.lives.get(number)
        due_ms = life.until_ms if life and self._random.random() < 0.8 else 0
        return self._random.choice((OPERATOR, GATE)), commands.Tick(number, due_ms)

    def _a_policy(self) -> Policy:
        random = self._random
        currencies = ("EUR", "USD")[: random.choice((1, 2, 2, 2))]
        policy = a_policy(
            large={currency: random.choice((900, 3_000)) for currency in currencies},
            new_creditor={currency: random.choice((400, 2_000)) for currency in currencies},
            dormant={currency: random.choice((100, 1_000)) for currency in currencies},
            orders_per_hour_max=random.choice((2, 5, 20)),
            dormant_days=random.choice((1, 30)),
            hold_hours=random.choice((1, 3, 72)),
        )
        # Of what alerts the model knows nothing, it only must survive whatever happens.
        watch = a_typology("watch", ["rules.new_creditor"], alert=100, interdiction=None)
        watched: Policy = msgspec.structs.replace(policy, typologies=[*policy.typologies, watch])
        return watched


_MAKERS = (
    Clients._order,
    Clients._dispatch,
    Clients._rail,
    Clients._release,
    Clients._hold,
    Clients._cancel,
    Clients._reject,
    Clients._freeze,
    Clients._unfreeze,
    Clients._fund,
    Clients._correct,
    Clients._reverse,
    Clients._open_account,
    Clients._set_credential,
    Clients._set_policy,
    Clients._refused_intake,
    Clients._tick,
)
_WEIGHTS = (40, 18, 18, 8, 5, 3, 2, 4, 4, 3, 2, 5, 2, 2, 2, 1, 2)


def is_raising(asked: Request) -> bool:
    """Whether deciding this command raises, once nothing refuses it before."""
    return isinstance(asked.command, commands.PlaceOrder) and asked.command.evidence == UNREADABLE


def _open(kind: int, currency: str, name: str, overdraft: int) -> commands.OpenAccount:
    index = _INDEXES.get(name) or index_of(name)
    return commands.OpenAccount(kind, currency, index, index_of("party"), overdraft, b"")


def _credential(number: int, name: str, *, is_active: bool) -> commands.SetCredential:
    permissions = [Permission.TRANSFERS_ORDER] if is_active else []
    return commands.SetCredential(number, name, b"\x07" * 32, permissions, is_active)
