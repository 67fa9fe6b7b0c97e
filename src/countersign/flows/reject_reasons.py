"""The reasons of ISO 20022 that a person may reject a transfer with."""

from countersign.channels.reasons import NARRATIVE, REASONS
from countersign.kernel.refusal import Kind, Refusal
from countersign.rails.messages import DUPLICATE_REASONS

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
    """{code} is not a reason code of ISO 20022 that can be given; use one of {known}."""

    code = "reject.unknown_reason_code"
    kind = Kind.INVALID
    chinese = "{code} 不是可使用的 ISO 20022 原因代碼；可用的有 {known}。"


def reject_code(text: str) -> str:
    """The code of a rejection, once it is known to be one."""
    if text not in REJECT_CODES:
        raise UnknownReasonCode(code=text[:64], known=", ".join(REJECT_CODES))
    return text
