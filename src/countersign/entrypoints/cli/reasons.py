"""Reason codes in words: what the rules say of an order, and the ISO reasons of a rejection."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from countersign.channels.reasons import NARRATIVE, REASONS
from countersign.kernel.refusal import Kind, Refusal, all_refusals
from countersign.rails.messages import DUPLICATE_REASONS
from countersign.rules.default import DEFAULT_POLICY

# What is no refusal and so has no sentence of its own; the rules that an instance begins with.
WORDS = {
    "access.credential_revoked": "the credential that ordered it is revoked",
    "accounts.creditor_changed": "the creditor has another account by now; order it again",
    "operator": "an operator stopped it",
    "rules.facts_missing": "the rules ask for what was not known when it was ordered",
    "rules.frozen_side": "a side of it is frozen",
    "sca.factor_missing": "no factor that the policy demands vouches for it",
    **{rule.code: rule.english for rule in DEFAULT_POLICY.rules},
}
NO_SENTENCES: Mapping[str, str] = MappingProxyType({})
# A person's reasons; the others are those that files and orders are refused for.
_BY_A_PERSON = frozenset({"CUST", "FRAD", "TECH"})
REJECT_CODES = tuple(
    sorted(
        _BY_A_PERSON
        | {NARRATIVE}
        | DUPLICATE_REASONS
        | {
            code
            for reason in REASONS.values()
            for code in ((reason,) if isinstance(reason, str) else reason)
        }
    )
)


class UnknownReasonCode(Refusal):
    """{code} is not a reason code of ISO 20022 that can be given; see `transfers reject --help`."""

    code = "cli.unknown_reason_code"
    kind = Kind.INVALID
    chinese = "{code} 不是可使用的 ISO 20022 原因代碼；請參閱 `transfers reject --help`。"


def reject_code(text: str) -> str:
    """The code of a rejection, once it is known to be one."""
    if text not in REJECT_CODES:
        raise UnknownReasonCode(code=text[:64])
    return text


def in_words(code: str, sentences: Mapping[str, str] = NO_SENTENCES) -> str:
    """A reason with what it means, as far as that is known; a policy's own sentence comes first."""
    words = (
        sentences.get(code)
        or WORDS.get(code)
        or next((refusal().sentence() for refusal in all_refusals() if refusal.code == code), "")
    )
    return f"{code}: {words}" if words else code


def all_in_words(codes: Iterable[str], sentences: Mapping[str, str] = NO_SENTENCES) -> str:
    return "; ".join(in_words(code, sentences) for code in codes)
