"""A small bank on real Postgres: a gate, sealed orders, a checkpoint key. Driven by hand."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.gate import INSTANCE, Harness, a_private_key

from countersign.accounts.model import AccountKind
from countersign.audit.actions import publish
from countersign.audit.checkpoint import Checkpoint, Verifier
from countersign.gate import commands
from countersign.gate.commands import Answer
from countersign.gate.intake import Intake, OrderRequest
from countersign.gate.journal.postgres import PostgresJournal
from countersign.gate.known_accounts import KnownAccounts
from countersign.infra.database import Database, Role
from countersign.transfers.order import Order
from countersign.vault.keyset import create_keyset
from countersign.vault.protectors import KeyFileProtector, create_key_file
from countersign.vault.subjects import SubjectKeys

ORIGIN = "bank.example/countersign"
DEBTOR_IBAN = "DE89370400440532013000"
CREDITOR_IBAN = "FR1420041010050500013M02606"
CREDITOR_NAME = "Planted Zwyrtek"
DEBTOR_NAME = "Planted Okonkwo"
REMITTANCE = "Planted remittance 4711"
SETTLEMENT_IBAN = "GB29NWBK60161331926819"


@dataclass
class Bank:
    database: Database
    gate: Harness
    intake: Intake
    keys: SubjectKeys
    accounts: KnownAccounts
    app: psycopg.Connection[Any]
    checkpoint_key: Ed25519PrivateKey

    @property
    def log(self) -> Verifier:
        return Verifier(name=ORIGIN, public_key=self.checkpoint_key.public_key().public_bytes_raw())

    @property
    def gate_key(self) -> Any:
        return a_private_key().public_key()

    def order(self, **fields: Any) -> Order:
        plain: dict[str, Any] = {
            "channel": "api",
            "credential": self.gate.channel,
            "instructed_amount": 5_000,
            "currency": "EUR",
            "requested_execution_date": "2027-01-15",
            "debtor_account": f"IBAN:{DEBTOR_IBAN}",
            "debtor_name": DEBTOR_NAME,
            "creditor_account": f"IBAN:{CREDITOR_IBAN}",
            "creditor_name": CREDITOR_NAME,
            "creditor_agent": "BNPAFRPP",
            "remittance_information": REMITTANCE,
            "end_to_end_id": "E2E-1",
        }
        return Order(**(plain | fields))

    def place(self, *orders: Order) -> list[Answer]:
        requests = [OrderRequest(b"bank/%011d" % self._next(), order) for order in orders]
        for submission in self.intake.prepare(self.gate.channel, requests):
            self.gate.engine.submit(submission)
        self.gate.engine.drain()
        return [self.gate.answers[request.key] for request in requests]

    def a_story(self) -> int:
        """A transfer that is held, released, dispatched and settled, among others."""
        number = self.place(self.order(instructed_amount=50_000_000))[0].number
        self.place(self.order(instructed_amount=7), self.order(instructed_amount=8))
        self.gate.release(number)
        self.gate.dispatch(number)
        self.gate.rail_says(number, "settled")
        return number

    def many(self, count: int) -> None:
        """Small orders, so that tiles become full."""
        self.place(*(self.order(instructed_amount=1 + n % 5) for n in range(count)))

    def checkpoint(self) -> str:
        state = self.gate.engine.state
        head = Checkpoint(origin=ORIGIN, size=state.log.size, root=state.log.root())
        with self.database.connect(Role.GATE, autocommit=True) as connection:
            return publish(connection, head, self.checkpoint_key, self.gate.clock.now_ms())

    def tamper(self, statement: str, *parameters: object) -> int:
        """Change what is stored as a hostile superuser would, past every constraint."""
        with psycopg.connect(self.database.superuser_dsn()) as connection:
            connection.execute("SET session_replication_role = replica")
            count = connection.execute(statement.encode(), parameters).rowcount
        assert count > 0
        return count

    def _next(self) -> int:
        self._number = getattr(self, "_number", 0) + 1
        return self._number


@contextmanager
def a_bank(database: Database, folder: Path) -> Iterator[Bank]:
    data, secret = folder / "data", folder / "secret"
    data.mkdir()
    secret.mkdir()
    create_key_file(secret / "key", data_dir=data)
    protector = KeyFileProtector(path=secret / "key", data_dir=data)
    keyset = create_keyset(data / "keyset.json", protector)
    journal = PostgresJournal(database.dsn(Role.GATE))
    with (
        SubjectKeys(lambda: database.connect(Role.APP), keyset, INSTANCE) as keys,
        database.connect(Role.APP) as app,
        ExitStack() as stack,
    ):
        gate = Harness(journal).start()
        accounts = KnownAccounts(lambda: database.connect(Role.APP))
        stack.callback(accounts.close)
        intake = Intake(keys, unknown_of=accounts.unknown_of)
        bank = Bank(database, gate, intake, keys, accounts, app, keyset.signing_key("checkpoint"))
        gate.set_policy()
        _open(bank, SETTLEMENT_IBAN, AccountKind.SETTLEMENT)
        gate.fund(_open(bank, DEBTOR_IBAN, AccountKind.CUSTOMER), 100_000_000)
        gate.channel = gate.create_credential("erp")
        yield bank
        gate.engine.close()


def _open(bank: Bank, iban: str, kind: AccountKind) -> int:
    index = bank.intake.index_of(f"IBAN:{iban}")
    command = commands.OpenAccount(int(kind), "EUR", index, index, 0, b"")
    assert bank.gate.do(command).outcome == "ok"
    return bank.gate.engine.state.accounts.number_of[index]
