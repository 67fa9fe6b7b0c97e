"""A bank as an order names it: its BIC, or "SYSTEM:MEMBER", its number in a clearing system.

The system may be empty where the number alone says it. One line, as a rail carries it.
"""

from functools import lru_cache
from typing import NamedTuple

from countersign.kernel.bic import Bic, MalformedBic
from countersign.kernel.refusal import Kind, Refusal


class MalformedAgent(Refusal):
    """{field} is neither a BIC nor "SYSTEM:MEMBER" of a clearing system; correct it."""

    code = "agent.malformed"
    kind = Kind.INVALID
    chinese = "{field} 既不是 BIC，也不是清算系統的「系統:成員」；請更正。"


class Agent(NamedTuple):
    """A bank: its BIC, or its member number and perhaps the clearing system of that number."""

    bic: str | None = None
    member: str | None = None
    system: str | None = None


@lru_cache(maxsize=4096)  # The same few banks come in every order.
def parse_agent(text: str, *, field: str) -> Agent:
    """The bank that a text names; raises MalformedAgent for what names none."""
    system, separator, member = text.partition(":")
    if "\n" in text or (separator and not member.strip(" ")):
        raise MalformedAgent(field=field)
    if separator:
        return Agent(member=member, system=system or None)
    try:
        return Agent(bic=Bic.parse(text).text)
    except MalformedBic:
        raise MalformedAgent(field=field) from None
