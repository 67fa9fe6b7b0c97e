"""What the rules found is found again in what was recorded, and nothing else passes for it."""

from typing import Any

import msgspec
import psycopg
import pytest
from tests.rules.test_default import USUAL

from countersign.flows.replay_decision import replay_decision
from countersign.gate.facts import VOCABULARY
from countersign.infra.database import Database
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.judge import Judge
from countersign.rules.model import encode_policy, hash_of
from countersign.transfers.model import Action, TransferRow

pytestmark = pytest.mark.postgres

INSERT = "INSERT INTO rules.policy (number, hash, content) VALUES (%s, %s, %s)"
NAMES = Judge(DEFAULT_POLICY, VOCABULARY).names
LARGE = DEFAULT_POLICY.amounts["large"]["EUR"]


def facts(**changed: int | None) -> bytes:
    known = USUAL | changed
    return msgspec.msgpack.encode([known[name] for name in NAMES])


ROW = TransferRow(
    number=9, credential=1, key=b"", mac=b"", digest=b"", debtor=1, creditor=2, creditor_index=b"",
    amount=LARGE, currency="EUR", execution_day=1, action=Action.HOLD, status=8,
    reasons="access.credential_revoked,rules.amount", alerts="", policy=1, evidence=b"",
    facts=facts(amount=LARGE), debtor_side=b"", creditor_side=b"",
)  # fmt: skip


@pytest.fixture
def connection(database: Database) -> Any:
    contents = [
        encode_policy(DEFAULT_POLICY),
        encode_policy(msgspec.structs.replace(DEFAULT_POLICY, typologies=[])),
        encode_policy(msgspec.structs.replace(DEFAULT_POLICY, rule_set=1)),
    ]
    with psycopg.connect(database.superuser_dsn()) as connection:
        for number, content in enumerate(contents, start=1):
            connection.execute(INSERT, [number, hash_of(content), content])
        yield connection


def test_a_decision_is_found_again(connection: Any) -> None:
    told = replay_decision(connection, ROW)
    assert told is not None
    assert (told.is_same, told.policy, told.reasons) == (True, 1, ["rules.amount"])
    harmless = ROW._replace(action=Action.RELEASE, reasons="", facts=facts())
    assert replay_decision(connection, harmless) == msgspec.structs.replace(told, reasons=[])


@pytest.mark.parametrize(
    "changed",
    [
        {"reasons": "rules.amount,rules.frequency"},
        {"reasons": "access.credential_revoked"},
        {"alerts": "typologies.mule=100"},
        {"action": Action.RELEASE},
        {"facts": facts()},
        {"facts": msgspec.msgpack.encode([1])},
        {"policy": 2},
    ],
    ids=["more", "fewer", "alert", "milder", "facts", "few_facts", "policy"],
)
def test_what_was_changed_is_not_the_same(connection: Any, changed: dict[str, Any]) -> None:
    told = replay_decision(connection, ROW._replace(**changed))
    assert told is not None
    assert not told.is_same


@pytest.mark.parametrize("changed", [{"policy": 3}, {"policy": 4}, {"facts": b""}])
def test_what_cannot_be_judged_again_is_not_judged(
    connection: Any, changed: dict[str, Any]
) -> None:
    assert replay_decision(connection, ROW._replace(**changed)) is None
