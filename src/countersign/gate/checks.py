"""The seam: every check that an order passes, in order.

Factors, approvals, limits, names and models are entries of CHECKS and evidence in the order, no
more. Rules: 1. A check reads state, order and recorded evidence and changes nothing. 2. It answers
with findings; the greatest action of all decides. 3. An order that no factor vouches for is
blocked: denied by default. 4. All run again at dispatch, with the facts of the order as they were
when it was decided and with everything else as it is then.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

import msgspec

from countersign.gate.state import State
from countersign.kernel.refusal import Refusal
from countersign.rules.judge import Facts, Raised
from countersign.transfers.model import Action, Decision

CHANNEL_CREDENTIAL = "channel-credential"
FACTOR_MISSING = "sca.factor_missing"
CREDENTIAL_REVOKED = "access.credential_revoked"
CREDITOR_CHANGED = "accounts.creditor_changed"
FROZEN_SIDE = "rules.frozen_side"


class Evidence(msgspec.Struct, array_like=True, frozen=True):
    """One recorded fact about an order, made before it was decided: by what, in which version."""

    kind: str
    version: int
    credential: int
    content: bytes = b""  # A raw assertion, a score: whatever a check of this kind reads.


class Finding(NamedTuple):
    action: Action
    code: str


class Context(NamedTuple):
    """What the checks read of one order, when it is decided and again when it is dispatched."""

    state: State
    credential: int
    evidence: bytes
    debtor_index: bytes
    creditor_index: bytes
    currency: str
    counter: int  # Who is credited, as it was when it was ordered.
    facts: Facts


def attest(credential: int) -> bytes:
    """The evidence that the gate itself attests (credential, digest of the same order)."""
    return _encoder.encode([Evidence(CHANNEL_CREDENTIAL, 1, credential)])


def factor_of(evidence: bytes, credential: int) -> str:
    """How an order is vouched for: "attested" by the gate, which is never called signed, or not."""
    return "attested" if evidence == _attested(credential) else "none"


def factor(context: Context) -> "list[Found]":
    """The factor that the policy demands is there, and it is of the credential that ordered."""
    wanted = context.state.policy_in_force().factor
    if wanted == CHANNEL_CREDENTIAL and context.evidence == _attested(context.credential):
        return _NOTHING
    try:
        evidence = _decoder.decode(context.evidence)
    except msgspec.MsgspecError:
        return _NO_FACTOR
    is_there = any(e.kind == wanted and e.credential == context.credential for e in evidence)
    return _NOTHING if is_there else _NO_FACTOR


def credential_in_force(context: Context) -> "list[Found]":
    """Whoever ordered may still order: what a revoked credential left behind waits for a person."""
    credential = context.state.credentials.get(context.credential)
    return _NOTHING if credential and credential.is_active else _REVOKED


def frozen_side(context: Context) -> "list[Found]":
    """Neither side is frozen."""
    frozen = context.state.accounts.frozen
    is_frozen = frozen and (context.debtor_index in frozen or context.creditor_index in frozen)
    return _FROZEN if is_frozen else _NOTHING


def creditor_account(context: Context) -> "list[Found]":
    """The creditor is still paid where it was to be paid: an account may have been opened since."""
    accounts = context.state.accounts
    creditor = accounts.number_of.get(context.creditor_index, 0)
    try:
        is_same = accounts.counter_of(creditor, context.currency) == context.counter
    except Refusal:
        is_same = False
    return _NOTHING if is_same else _CHANGED


def rules(context: Context) -> "list[Found]":
    """What the rules and typologies of the policy in force say."""
    blocking, holding, alerts = context.state.judge_in_force().judge(
        context.facts, context.currency
    )
    if not blocking and not holding and not alerts:
        return _NOTHING
    found: list[Found] = [Finding(Action.BLOCK, code) for code in blocking]
    found += [Finding(Action.HOLD, code) for code in holding]
    return [*found, *alerts]


Found = Finding | Raised
Check = Callable[[Context], list[Found]]
CHECKS: tuple[Check, ...] = (factor, credential_in_force, frozen_side, creditor_account, rules)


def decide_action(context: Context) -> Decision:
    """The greatest action of all findings, and their codes in the order of the checks."""
    return _decision(context, _found(context))


def decide_again(context: Context, *, covered: Collection[str]) -> Decision:
    """The decision at dispatch. A release covers what a transfer was held for, never what blocks.

    What is found now holds and does not block: what was accepted is not thrown away by a machine.
    """
    found = [
        one._replace(action=Action.HOLD) if isinstance(one, Finding) else one
        for one in _found(context)
        if isinstance(one, Raised) or one.action == Action.BLOCK or one.code not in covered
    ]
    return _decision(context, found)


def _found(context: Context) -> list[Found]:
    return [one for check in CHECKS for one in check(context)]


def _decision(context: Context, found: list[Found]) -> Decision:
    policy = context.state.policy_number
    if not found:
        return Decision(Action.RELEASE, (), policy)
    findings = [one for one in found if isinstance(one, Finding)]
    return Decision(
        max((finding.action for finding in findings), default=Action.RELEASE),
        tuple(finding.code for finding in findings),
        policy,
        tuple(f"{one.typology}={one.score}" for one in found if isinstance(one, Raised)),
    )


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Evidence])
_NOTHING: list[Found] = []
_NO_FACTOR: list[Found] = [Finding(Action.BLOCK, FACTOR_MISSING)]
_REVOKED: list[Found] = [Finding(Action.HOLD, CREDENTIAL_REVOKED)]
# No release covers it: order it again, so that it goes where the creditor is now.
_CHANGED: list[Found] = [Finding(Action.BLOCK, CREDITOR_CHANGED)]
_FROZEN: list[Found] = [Finding(Action.BLOCK, FROZEN_SIDE)]
_ATTESTED: dict[int, bytes] = {}


def _attested(credential: int) -> bytes:
    # One constant a credential, and credentials are few: the usual case is one comparison.
    known = _ATTESTED.get(credential)
    if known is None:
        known = _ATTESTED[credential] = attest(credential)
    return known
