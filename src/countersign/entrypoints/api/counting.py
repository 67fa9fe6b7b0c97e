"""What one API process counts of its calls, by names of ours and never by what somebody sent."""

from collections import Counter

from countersign.access.errors import CredentialExpired, UnknownCredential, WrongAddress
from countersign.entrypoints.api.errors import NoToken, TooManyFailures
from countersign.kernel.refusal import Refusal

NOT_ROUTED = "none"
_AUTHENTICATION = frozenset(
    one.code
    for one in (CredentialExpired, NoToken, TooManyFailures, UnknownCredential, WrongAddress)
)


class Counts:
    """Since the start of the process. Belongs to its loop."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str]] = Counter()  # By operation and status class.
        self.refusals: Counter[str] = Counter()  # By the area of the code.
        self.authentication_failures: Counter[str] = Counter()  # By code.

    def answered(self, operation: str, status: int) -> None:
        self.answers[operation, f"{status // 100}xx"] += 1

    def refused(self, refusal: Refusal) -> None:
        self.refusals[refusal.code.partition(".")[0]] += 1
        if refusal.code in _AUTHENTICATION:
            self.authentication_failures[refusal.code] += 1
