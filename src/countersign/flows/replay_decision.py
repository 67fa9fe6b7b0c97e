"""Judge an order again from what was recorded with it: the same policy has to find the same.

Only what the rules found is found again. The other controls (factor, freezes, credential, account,
funds) asked for the state of that moment, which `audit verify` builds from the whole log.
"""

from typing import Any

import msgspec
import psycopg

from countersign.flows.tell_reasons import facts_of, judge_of
from countersign.rules.judge import Facts, Judgement
from countersign.rules.queries import find_policy
from countersign.transfers.model import Action, TransferRow


class ReplayTold(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules find now. `is_same` says that it is what was recorded."""

    is_same: bool
    policy: int
    reasons: list[str]
    alerts: list[str]  # Typologies with their scores: "typologies.mule=160".


def replay_decision(connection: psycopg.Connection[Any], row: TransferRow) -> ReplayTold | None:
    """None where nothing was recorded, or the policy is of a version that is not known here."""
    policy = find_policy(connection, row.policy)
    judge = judge_of(bytes(policy.content)) if policy else None
    if policy is None or judge is None or not row.facts:
        return None
    facts = facts_of(row.facts, bytes(policy.content))
    found = judge.judge(Facts(tuple(facts), tuple(facts.values())), row.currency)
    reasons = [*found.blocking, *found.holding]
    alerts = [f"{one.typology}={one.score}" for one in found.alerts]
    rules = {rule.code for rule in judge.policy.rules}
    recorded = [code for code in row.reasons.split(",") if code in rules]
    is_same = reasons == recorded and ",".join(alerts) == row.alerts and _leads_to(found, row)
    return ReplayTold(is_same=is_same, policy=row.policy, reasons=reasons, alerts=alerts)


def _leads_to(found: Judgement, row: TransferRow) -> bool:
    """The action is at least what the rules demand; another control may have demanded more."""
    demanded = Action.BLOCK if found.blocking else Action.HOLD if found.holding else Action.RELEASE
    return row.action >= demanded
