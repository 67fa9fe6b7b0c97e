"""Reasons are told by the policy that decided, whatever became of it."""

import msgspec
import psycopg
import pytest

from countersign.flows.tell_reasons import Explainer, Recorded
from countersign.infra.database import Database
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import Policy, encode_policy, hash_of

pytestmark = pytest.mark.postgres
INSERT = "INSERT INTO rules.policy (number, hash, content) VALUES (%s, %s, %s)"


def put(connection: psycopg.Connection[tuple[object, ...]], number: int, policy: Policy) -> str:
    content = encode_policy(policy)
    connection.execute(INSERT, [number, hash_of(content), content])
    return hash_of(content).hex()


def test_each_policy_says_its_own_and_of_one_that_cannot_be_read_the_codes_are_there(
    database: Database,
) -> None:
    then = msgspec.structs.replace(
        DEFAULT_POLICY,
        rules=tuple(
            msgspec.structs.replace(rule, english="Much, then.", weight=7)
            for rule in DEFAULT_POLICY.rules
        ),
    )
    strange = msgspec.structs.replace(DEFAULT_POLICY, rule_set=1)
    with psycopg.connect(database.superuser_dsn()) as connection:
        hashes = [put(connection, number, policy) for number, policy in ((1, then), (2, strange))]
        explainer = Explainer(connection, "en")
        (reason,) = explainer.reasons(["rules.amount"], policy=1)
        assert (reason.sentence, reason.weight) == ("Much, then.", 7)
        recorded = Recorded(policy=2, facts=b"\x91\x01", currency="EUR")
        (unread,) = explainer.reasons(["rules.amount"], policy=2, recorded=recorded)
        assert (unread.code, unread.weight, unread.evidence) == ("rules.amount", None, None)
        for facts in (b"\x91\x01", b"\xc1", b""):  # Not what the policy asked for: told by nobody.
            recorded = Recorded(policy=1, facts=facts, currency="EUR")
            (reason,) = explainer.reasons(["rules.amount"], policy=1, recorded=recorded)
            assert (reason.weight, reason.evidence) == (7, None)
        told = [explainer.policy(number) for number in (1, 2, 3)]
        assert [policy.hash if policy else None for policy in told] == [*hashes, None]
