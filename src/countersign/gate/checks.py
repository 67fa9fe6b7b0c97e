"""The seam: every check that an order passes, in order.

Factors, approvals, limits, names and models are entries of CHECKS and evidence in the order, no
more. Rules: 1. A check reads state, order and recorded evidence and changes nothing. 2. It answers
with findings; the greatest action of all decides. 3. An order that no factor vouches for is
blocked: denied by default.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from countersign.features.model import Facts
from countersign.gate.commands import PlaceOrder
from countersign.gate.state import State
from countersign.rules.model import Policy
from countersign.rules.policy import FROZEN_SIDE, findings
from countersign.transfers.model import Action

CHANNEL_CREDENTIAL = "channel-credential"
FACTOR_MISSING = "sca.factor_missing"


class Evidence(msgspec.Struct, array_like=True, frozen=True):
    """One recorded fact about an order, made before it was decided: by what, in which version."""

    kind: str
    version: int
    credential: int


class Finding(NamedTuple):
    action: Action
    code: str


class Context(NamedTuple):
    state: State
    policy: Policy
    order: PlaceOrder
    credential: int
    debtor: int
    facts: Facts


def attest(credential: int) -> bytes:
    """The evidence that the gate itself attests (credential, digest of the same order)."""
    return _encoder.encode([Evidence(CHANNEL_CREDENTIAL, 1, credential)])


def factor(context: Context) -> list[Finding]:
    """The factor that the policy demands is there, and it is of the credential that ordered."""
    if context.order.evidence == _attested(context.credential):
        return _NOTHING
    try:
        evidence = _decoder.decode(context.order.evidence)
    except msgspec.MsgspecError:
        return _NO_FACTOR
    wanted = context.policy.factor
    is_there = any(e.kind == wanted and e.credential == context.credential for e in evidence)
    return _NOTHING if is_there else _NO_FACTOR


def frozen_side(context: Context) -> list[Finding]:
    """Neither side is frozen."""
    frozen = context.state.accounts.frozen
    if not frozen:
        return _NOTHING
    order = context.order
    return _FROZEN if order.debtor_index in frozen or order.creditor_index in frozen else _NOTHING


def plain_rules(context: Context) -> list[Finding]:
    """The rules of the policy in force; each holds."""
    codes = findings(context.facts, context.policy, context.order.currency)
    return [Finding(Action.HOLD, code) for code in codes] if codes else _NOTHING


Check = Callable[[Context], list[Finding]]
CHECKS: tuple[Check, ...] = (factor, frozen_side, plain_rules)


def decide_action(context: Context) -> tuple[Action, list[str]]:
    """The greatest action of all findings, and their codes in the order of the checks."""
    found = [finding for check in CHECKS for finding in check(context)]
    if not found:
        return Action.RELEASE, []
    return max(finding.action for finding in found), [finding.code for finding in found]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Evidence])
_NOTHING: list[Finding] = []
_NO_FACTOR = [Finding(Action.BLOCK, FACTOR_MISSING)]
_FROZEN = [Finding(Action.BLOCK, FROZEN_SIDE)]
_ATTESTED: dict[int, bytes] = {}


def _attested(credential: int) -> bytes:
    # One constant a credential, and credentials are few: the usual case is one comparison.
    known = _ATTESTED.get(credential)
    if known is None:
        known = _ATTESTED[credential] = attest(credential)
    return known
