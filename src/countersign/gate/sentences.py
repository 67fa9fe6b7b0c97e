"""From an answer's code back to its refusal, for whoever has to tell a person.

The modules that the gate refuses from are imported here, so that each code is known wherever an
answer is read.
"""

import msgspec

from countersign.gate import decide, preparation
from countersign.gate.commands import Answer
from countersign.kernel.refusal import Refusal, refusal_class

REFUSING = (decide, preparation)


def refusal_of(answer: Answer) -> Refusal:
    """The refusal that an answer carries, with the details that the gate gave."""
    details = msgspec.msgpack.decode(answer.detail) if answer.detail else {}
    return refusal_class(answer.outcome)(**details)


def sentence_of(code: str) -> str:
    """What a code means, where no details came with it."""
    return refusal_class(code)().sentence()
