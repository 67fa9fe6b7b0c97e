"""Why a decision was what it was, as people and programs are told: the one home of codes in words.

A reason is told by the policy that decided, which is kept under its number, and never by the one in
force; the values that a rule read are those that were recorded with the order.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import psycopg

from countersign.gate import checks
from countersign.gate.facts import VOCABULARY
from countersign.gate.journal.reading import read_orders
from countersign.kernel.refusal import Language, all_refusals
from countersign.ledger.errors import InsufficientFunds
from countersign.rails import errors as rails_errors
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.errors import MalformedPolicy, MalformedRule
from countersign.rules.judge import FACTS_MISSING, Judge
from countersign.rules.model import Policy, PolicyRow, Rule, Typology, decode_policy
from countersign.rules.queries import find_policy
from countersign.transfers import errors as transfers_errors

# Imported so that what speaks against a return is known here by its code.
SPEAKING = (rails_errors, transfers_errors)
# What is no refusal and so has no sentence of its own: English and Chinese.
WORDS: dict[str, tuple[str, str]] = {
    checks.CREDENTIAL_REVOKED: (
        "The credential that ordered it is revoked",
        "下單所用的憑證已撤銷",
    ),
    checks.CREDITOR_CHANGED: (
        "The creditor has another account by now; order it again",
        "收款人帳戶已變更；請重新下單",
    ),
    "operator": ("A person stopped it", "由人員攔停"),
    FACTS_MISSING: (
        "The rules ask for what was not known when it was ordered",
        "規則所需的資料在下單時尚未記錄",
    ),
    checks.FROZEN_SIDE: ("An account of it is frozen", "其中一方帳戶已凍結"),
    checks.FACTOR_MISSING: (
        "No factor that the policy demands vouches for it",
        "缺少策略要求的驗證要素",
    ),
}
# Controls of the gate beside the rules that refuse an order by themselves.
_BLOCKING = frozenset(
    {
        checks.FACTOR_MISSING,
        checks.CREDITOR_CHANGED,
        checks.FROZEN_SIDE,
        InsufficientFunds.code,
    }
)


class PolicyTold(msgspec.Struct, frozen=True, kw_only=True):
    """The policy that a decision was made by."""

    number: int
    hash: str  # SHA-256 of its content, in hex.


class ReasonTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason for a decision."""

    code: str
    sentence: str
    weight: int | None  # What its rule counts; null for what is no rule of the policy.
    is_blocking: bool  # Whether it refuses an order by itself, and no release covers it.
    # The words of its rule with the values that it read; absent where they are not told.
    evidence: dict[str, int | None] | None = None


class TypologyTold(msgspec.Struct, frozen=True, kw_only=True):
    """One pattern that raised an alert."""

    code: str
    sentence: str
    score: int
    alert_threshold: int | None
    interdiction_threshold: int | None


class Sentences:
    """What the codes of one policy mean, beside those of the house."""

    def __init__(self, policy: Policy | None, language: Language) -> None:
        self._language = language
        place = 1 if language == "zh" else 0
        self._known = {code: pair[place] for code, pair in WORDS.items()}
        for part in (DEFAULT_POLICY, policy):
            if part is not None:
                self._known |= {r.code: (r.english, r.chinese)[place] for r in part.rules}
                self._known |= {t.code: (t.english, t.chinese)[place] for t in part.typologies}
        self.weights = {rule.code: rule.weight for rule in policy.rules} if policy else {}

    def of(self, code: str) -> str:
        """The sentence of a code, or the code where none is known."""
        known = self._known.get(code)
        if known:
            return known
        for refusal in all_refusals():
            if refusal.code == code:
                return refusal().sentence(self._language)
        return code


class Recorded(NamedTuple):
    """What was known of an order when it was decided: values as its policy asked for them."""

    policy: int
    facts: bytes
    currency: str


def recorded_of(
    connection: psycopg.Connection[Any], transfers: Sequence[int]
) -> dict[int, Recorded]:
    """What was recorded with these transfers, by number."""
    return {
        number: Recorded(order.row.policy, order.row.facts, order.row.currency)
        for number, order in read_orders(connection, transfers).items()
    }


class _Known(NamedTuple):
    """One policy, and what is made of it once; of one that cannot be read, its number and hash."""

    told: PolicyTold
    content: bytes  # Empty where it cannot be read.
    rules: dict[str, Rule]
    typologies: dict[str, Typology]
    sentences: Sentences


class Explainer:
    """Tells reasons by the policies of an instance, each read once, when one first asks for it."""

    def __init__(self, connection: psycopg.Connection[Any], language: Language) -> None:
        self._connection = connection
        self._language = language
        self._known: dict[int, _Known | None] = {}

    def policy(self, number: int | None) -> PolicyTold | None:
        """None where no policy decided, as of what a rail sent back."""
        known = self._find(number)
        return known.told if known else None

    def words(self, policy: int | None) -> Sentences:
        """What codes mean by this policy."""
        known = self._find(policy)
        return known.sentences if known else Sentences(None, self._language)

    def reasons(
        self, codes: Iterable[str], *, policy: int | None, recorded: Recorded | None = None
    ) -> list[ReasonTold]:
        """Each code by the policy that found it; with evidence where `recorded` is given."""
        known = self._find(policy)
        rules = known.rules if known else {}
        words = self.words(policy)
        told = []
        for code in codes:
            rule = rules.get(code)
            told.append(
                ReasonTold(
                    code=code,
                    sentence=words.of(code),
                    weight=rule.weight if rule else None,
                    is_blocking=rule.is_blocking if rule else code in _BLOCKING,
                    evidence=self._evidence(known, code, recorded)
                    if known and rule and recorded
                    else None,
                )
            )
        return told

    def typologies(
        self, scores: Iterable[tuple[str, str]], *, policy: int | None
    ) -> list[TypologyTold]:
        """Those that raised an alert, of codes with their scores."""
        known = self._find(policy)
        typologies = known.typologies if known else {}
        words = self.words(policy)
        told = []
        for code, score in scores:
            typology = typologies.get(code)
            told.append(
                TypologyTold(
                    code=code,
                    sentence=words.of(code),
                    score=int(score),
                    alert_threshold=typology.alert_threshold if typology else None,
                    interdiction_threshold=typology.interdiction_threshold if typology else None,
                )
            )
        return told

    def _find(self, number: int | None) -> _Known | None:
        if number is None:
            return None
        if number not in self._known:
            row = find_policy(self._connection, number)
            self._known[number] = _known(row, self._language) if row else None
        return self._known[number]

    def _evidence(self, by: _Known, code: str, recorded: Recorded) -> dict[str, int | None] | None:
        """What the condition read: facts recorded with the order, and the policy's own amounts."""
        then = self._find(recorded.policy)
        facts = facts_of(recorded.facts, then.content) if then else {}
        judge = judge_of(by.content)
        if not facts or judge is None:
            return None
        amounts = judge.policy.amounts
        return {
            name: amounts[name].get(recorded.currency) if name in amounts else facts[name]
            for name in judge.names_of(code)
            if name in amounts or name in facts
        }


def _known(row: PolicyRow, language: Language) -> _Known:
    content = bytes(row.content)
    told = PolicyTold(number=row.number, hash=bytes(row.hash).hex())
    try:
        policy = _policy_of(content)
    except MalformedPolicy:  # Of a version that is not known here.
        return _Known(told, b"", {}, {}, Sentences(None, language))
    return _Known(
        told,
        content,
        {rule.code: rule for rule in policy.rules},
        {typology.code: typology for typology in policy.typologies},
        _sentences_of(content, language),
    )


# A policy is its content, so what is made of one stays right for ever.
@lru_cache(maxsize=16)
def _policy_of(content: bytes) -> Policy:
    return decode_policy(content)


@lru_cache(maxsize=16)
def judge_of(content: bytes) -> Judge | None:
    """The policy of this content at work; None of one that is not known to this version."""
    try:
        return Judge(_policy_of(content), VOCABULARY)
    except (MalformedPolicy, MalformedRule):
        return None


def facts_of(recorded: bytes, content: bytes) -> dict[str, int | None]:
    """What was recorded of an order by name, for the policy of this content that it was decided by.

    Empty where nothing was, or something else than this policy asks for.
    """
    judge = judge_of(content)
    if judge is None or not recorded:
        return {}
    try:
        values = msgspec.msgpack.decode(recorded, type=list[int | None])
    except msgspec.MsgspecError:
        return {}
    return dict(zip(judge.names, values, strict=True)) if len(values) == len(judge.names) else {}


@lru_cache(maxsize=32)
def _sentences_of(content: bytes, language: Language) -> Sentences:
    return Sentences(_policy_of(content), language)
