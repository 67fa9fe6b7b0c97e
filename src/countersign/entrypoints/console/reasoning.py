"""Reasons as pages tell them: the weight of each, its figures, and the policy that found it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import psycopg

from countersign.entrypoints.console.figures import Figure, figures_of
from countersign.entrypoints.console.finding import Found
from countersign.flows.tell_reasons import Sentences, facts_of
from countersign.gate.commands import Kind
from countersign.gate.context import read_redecision
from countersign.gate.journal.reading import read_orders
from countersign.kernel.refusal import Language
from countersign.rules.errors import MalformedPolicy
from countersign.rules.model import PolicyRow, decode_policy
from countersign.rules.queries import find_policy
from countersign.transfers.model import TransferRow

HASH_SHOWN = 8  # Hexadecimal digits of a policy's hash: enough to tell two apart.
# What holds a transfer is the last that left it held: its order, a person, or its dispatch.
_HELD_BY = """
SELECT DISTINCT ON (transfer) transfer, kind, detail FROM gate.command
WHERE transfer = ANY (%s) AND transfer > 0 AND outcome = 'held' ORDER BY transfer, number DESC
"""


class Reason(NamedTuple):
    """One reason; of what is no rule of its policy there are neither weight nor figures."""

    code: str
    sentence: str  # As that policy has it.
    weight: int
    figures: list[Figure]


class Reasons(NamedTuple):
    """Why a transfer is as it is, and the policy that said so."""

    policy: int
    hash: str
    found: list[Reason]

    @property
    def main(self) -> Figure | None:
        """The number that a list has room for: of the first reason, one with a bound."""
        figures = self.found[0].figures if self.found else []
        best = sorted(figures, key=lambda one: (not one.is_amount, not one.bound))
        return best[0] if best else None


class Asked(NamedTuple):
    """The codes of one transfer.

    `policy` found them, where that is known; `is_held` has the policy of its hold looked for.
    """

    number: int
    codes: list[str]
    is_held: bool = False
    policy: int | None = None


def reasons_of(
    connection: psycopg.Connection[Any], asked: Iterable[Asked], language: Language
) -> dict[int, Reasons]:
    """The reasons of these transfers by their numbers.

    Of what cannot be read (no such row, a policy of another version) the codes alone are there.
    """
    wanted = {one.number: one for one in asked}
    orders = read_orders(connection, list(wanted))
    held = [one.number for one in wanted.values() if one.is_held]
    found_by = _policies_of_holds(connection, held) if held else {}
    policies = _Policies(connection)
    found = {}
    for number, one in wanted.items():
        sealed = orders.get(number)
        row = sealed.row if sealed else None
        by = one.policy or found_by.get(number, row.policy if row else 0)
        asking = policies.of(row.policy) if row else None
        found[number] = told_by(
            by, policies.of(by), one.codes, row=row, asking=asking, language=language
        )
    return found


def first_reasons(
    connection: psycopg.Connection[Any], found: Iterable[Found], language: Language
) -> dict[int, Reasons]:
    """The first reason of each that has one, for a list."""
    asked = [
        Asked(one.number, one.reasons[:1], is_held=one.until_ms is not None)
        for one in found
        if one.reasons
    ]
    return reasons_of(connection, asked, language) if asked else {}


class _Policies:
    """Policies by their numbers, each read once."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._known: dict[int, PolicyRow | None] = {}

    def of(self, number: int) -> PolicyRow | None:
        if number not in self._known:
            self._known[number] = find_policy(self._connection, number)
        return self._known[number]


def _policies_of_holds(connection: psycopg.Connection[Any], numbers: list[int]) -> dict[int, int]:
    """By which policy a dispatch held each of these; without those that something else holds."""
    found = {}
    for transfer, kind, detail in connection.execute(_HELD_BY, [numbers]):
        redecision = read_redecision(bytes(detail)) if kind == Kind.DISPATCH else None
        if redecision:
            found[transfer] = redecision.policy
    return found


def told_by(
    number: int,
    policy: PolicyRow | None,
    codes: list[str],
    *,
    row: TransferRow | None,
    asking: PolicyRow | None,
    language: Language,
) -> Reasons:
    """What the policy of this number says of the codes.

    `asking` is the policy of the order, in whose order its facts stand.
    """
    try:
        decided = decode_policy(policy.content) if policy else None
        facts = facts_of(row.facts, bytes(asking.content)) if row and asking else {}
    except MalformedPolicy:  # Of a version that this console does not have.
        decided, facts = None, {}
    words = Sentences(decided, language)
    found = [
        Reason(
            code,
            words.of(code),
            words.weights.get(code, 0),
            figures_of(decided, code, facts, row.currency, language) if decided and row else [],
        )
        for code in codes
    ]
    return Reasons(number, bytes(policy.hash).hex()[:HASH_SHOWN] if policy else "", found)
