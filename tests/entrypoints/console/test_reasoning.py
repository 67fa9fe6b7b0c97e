"""Reasons are told whatever became of the policy that found them."""

import msgspec
import pytest

from countersign.entrypoints.console.reasoning import Reason, Reasons, told_by
from countersign.gate.facts import VOCABULARY
from countersign.kernel.refusal import Language
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.judge import Judge
from countersign.rules.model import PolicyRow, encode_policy, hash_of
from countersign.transfers.model import TransferRow

pytestmark = pytest.mark.fast

CONTENT = encode_policy(DEFAULT_POLICY)
NOW = PolicyRow(3, hash_of(CONTENT), CONTENT)
OLD = NOW._replace(content=encode_policy(msgspec.structs.replace(DEFAULT_POLICY, rule_set=1)))
SAID = next(rule.english for rule in DEFAULT_POLICY.rules if rule.code == "rules.amount")
NAMES = Judge(DEFAULT_POLICY, VOCABULARY).names
FACTS = [200_000_000 if name == "amount" else None for name in NAMES]
ROW = TransferRow(
    number=9, credential=1, key=b"", mac=b"", digest=b"", debtor=1, creditor=2, creditor_index=b"",
    amount=200_000_000, currency="EUR", execution_day=1, action=1, status=8, reasons="rules.amount",
    alerts="", policy=3, evidence=b"", facts=msgspec.msgpack.encode(FACTS), debtor_side=b"",
    creditor_side=b"",
)  # fmt: skip


def test_a_reason_has_its_weight_its_numbers_and_its_policy() -> None:
    told = told_by(3, NOW, ["rules.amount", "operator"], row=ROW, asking=NOW, language="en")
    assert (told.policy, told.hash) == (3, hash_of(CONTENT).hex()[:8])
    amount, operator = told.found
    assert (amount.sentence, amount.weight) == (SAID, 100)
    assert [figure.bound for figure in amount.figures] == ["from EUR 1,000,000.00"]
    assert operator == Reason("operator", "A person stopped it", 0, [])
    assert told.main == amount.figures[0]


def test_a_reason_is_said_as_the_policy_that_found_it_says_it() -> None:
    rules = tuple(
        msgspec.structs.replace(rule, english="Much, then.", chinese="當時的說法。")
        for rule in DEFAULT_POLICY.rules
    )
    content = encode_policy(msgspec.structs.replace(DEFAULT_POLICY, rules=rules))
    then = PolicyRow(2, hash_of(content), content)
    said: dict[Language, str] = {"en": "Much, then.", "zh": "當時的說法。"}
    for language, sentence in said.items():
        told = told_by(2, then, ["rules.amount"], row=ROW, asking=then, language=language)
        assert [reason.sentence for reason in told.found] == [sentence]


@pytest.mark.parametrize("policy", [OLD, None])
def test_of_a_policy_that_cannot_be_read_the_codes_are_there(policy: PolicyRow | None) -> None:
    told = told_by(3, policy, ["rules.amount"], row=ROW, asking=policy, language="en")
    assert told == Reasons(3, told.hash, [Reason("rules.amount", SAID, 0, [])])
    assert told.main is None
    assert bool(told.hash) == (policy is not None)


def test_facts_in_an_order_that_nobody_knows_are_no_numbers() -> None:
    told = told_by(3, NOW, ["rules.amount"], row=ROW, asking=None, language="en")
    assert told.found == [Reason("rules.amount", SAID, 100, [])]
    cut = ROW._replace(facts=msgspec.msgpack.encode(FACTS[:-1]))
    assert told_by(3, NOW, ["rules.amount"], row=cut, asking=NOW, language="en").found == told.found
