"""A policy made ready to judge: its rules compiled, its typologies as sums.

Rules: 1. A blocking rule that fires blocks. 2. A typology whose score reaches its interdiction
threshold holds, for the rules of it that fired. 3. One that reaches its alert threshold alerts.
4. Facts that a rule asks for and that were never recorded hold as well: nobody guesses them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from countersign.rules.errors import MalformedRule
from countersign.rules.language.errors import MalformedExpression
from countersign.rules.language.for_rows import compile_rows
from countersign.rules.language.tree import Condition, Vocabulary, names_in
from countersign.rules.model import Policy, Rule

FACTS_MISSING = "rules.facts_missing"
_CURRENCIES_MAX = 200


class Facts(NamedTuple):
    """What is known of one order: values by the names of the policy that asked for them."""

    names: tuple[str, ...]
    values: tuple[int | None, ...]


class Raised(NamedTuple):
    """One typology that reached its alert threshold."""

    typology: str
    score: int


class Judgement(NamedTuple):
    """Codes of rules in the order of the policy, each once."""

    blocking: tuple[str, ...] = ()
    holding: tuple[str, ...] = ()
    alerts: tuple[Raised, ...] = ()


class Judge:
    """One policy at work. `names` is what it needs to know of an order."""

    def __init__(self, policy: Policy, vocabulary: Vocabulary) -> None:
        """Raises MalformedRule with the place in the first rule that cannot be read."""
        words = policy.words()
        conditions = [_read(rule, {**vocabulary, **words}) for rule in policy.rules]
        asked = dict.fromkeys(names_in(tuple(conditions)))
        self.policy = policy
        self.names = tuple(name for name in asked if name not in words)
        self._asked_by = {
            rule.code: tuple(dict.fromkeys(names_in(condition)))
            for rule, condition in zip(policy.rules, conditions, strict=True)
        }
        self._amounts = [policy.amounts[name] for name in asked if name in words]
        self._codes = [rule.code for rule in policy.rules]
        self._is_blocking = [rule.is_blocking for rule in policy.rules]
        self._typologies = [
            (t.code, _weights(policy, t.rules), t.alert_threshold, t.interdiction_threshold)
            for t in policy.typologies
        ]
        given = (*self.names, *(name for name in asked if name in words))
        self._holding: Callable[[Sequence[int | None]], list[int]] = compile_rows(conditions, given)
        self._of_currency: dict[str, tuple[int | None, ...]] = {}

    def names_of(self, rule: str) -> tuple[str, ...]:
        """What the condition of a rule reads, the policy's own words among it."""
        return self._asked_by[rule]

    def judge(self, facts: Facts, currency: str) -> Judgement:
        """What the policy says of an order."""
        values = facts.values
        if facts.names != self.names:
            known = dict(zip(facts.names, values, strict=True))
            if not known.keys() >= set(self.names):
                return Judgement(holding=(FACTS_MISSING,))
            values = tuple(known[name] for name in self.names)
        fired = self._holding(values + self._amounts_in(currency))
        return self._weighed(fired) if fired else _NOTHING

    def _weighed(self, fired: list[int]) -> Judgement:
        holding: set[int] = set()
        alerts = []
        for code, weights, alert, interdiction in self._typologies:
            score = sum(weights.get(place, 0) for place in fired)
            if interdiction is not None and score >= interdiction:
                holding.update(place for place in fired if place in weights)
            if alert is not None and score >= alert:
                alerts.append(Raised(code, score))
        codes = self._codes
        return Judgement(
            tuple(codes[place] for place in fired if self._is_blocking[place]),
            tuple(codes[p] for p in fired if p in holding and not self._is_blocking[p]),
            tuple(alerts),
        )

    def _amounts_in(self, currency: str) -> tuple[int | None, ...]:
        known = self._of_currency.get(currency)
        if known is None:
            known = tuple(amounts.get(currency) for amounts in self._amounts)
            if len(self._of_currency) < _CURRENCIES_MAX:
                self._of_currency[currency] = known
        return known


def _read(rule: Rule, vocabulary: Vocabulary) -> Condition:
    # The parser takes a tenth of a second to load, and most commands never judge.
    from countersign.rules.language.reading import read_condition  # noqa: PLC0415

    try:
        return read_condition(rule.when, vocabulary)
    except MalformedExpression as error:
        raise MalformedRule(rule=rule.code, **error.details) from None


def _weights(policy: Policy, codes: Sequence[str]) -> Mapping[int, int]:
    """The weights of these rules, by their place in the policy."""
    return {place: rule.weight for place, rule in enumerate(policy.rules) if rule.code in codes}


_NOTHING = Judgement()
