"""How an order's text is made to fit the elements of a pacs.008. Pure, and always alike.

1. A name, an id and a code go in one line: line ends become a space, outer space goes. What is
   blank then is left out, but a creditor needs a name. Longer is refused, never cut.
2. An address is 7 lines of 70 characters. Longer lines are broken, at a space where there is one;
   if that makes too many, the lines are joined by ", " and broken anew, and what still does not fit
   is cut, the last character being "+". An address routes nothing, so a cut one stops no money.
3. Remittance information is lines of 140 characters, as many as it takes; nothing of it is lost.
4. Of four capital letters and digits is a code, anything else a proprietary value.
5. What XML cannot carry, and what steers a terminal or the direction of text, becomes "?".
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from countersign.kernel.agent import Agent, parse_agent
from countersign.rails.errors import TextTooLong

NAME_LENGTH_MAX: Final = 140
ADDRESS_LINE_LENGTH_MAX: Final = 70
ADDRESS_LINES_MAX: Final = 7
REMITTANCE_LINE_LENGTH_MAX: Final = 140
CODE_LENGTH_MAX: Final = 35
CUT_MARK: Final = "+"
UNSAFE: Final = re.compile(
    "[^\t\n\r\u0020-\u007e\u00a0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


def one_line(text: str | None, *, field: str, length_max: int) -> str | None:
    """The text in one line, or None where there is nothing to say."""
    if text is None:
        return None
    line = _LINE_ENDS.sub(" ", UNSAFE.sub("?", text)).strip(" ")
    if len(line) > length_max:
        raise TextTooLong(field=field, length_max=length_max)
    return line if line.strip() else None


def address_lines(text: str | None) -> list[str]:
    """An address in as many lines as a postal address has, cut if it must be."""
    whole = list(_lines(text))
    lines = list(broken(whole, ADDRESS_LINE_LENGTH_MAX))
    if len(lines) > ADDRESS_LINES_MAX:
        lines = list(broken([", ".join(whole)], ADDRESS_LINE_LENGTH_MAX))
    if len(lines) > ADDRESS_LINES_MAX:
        lines = lines[:ADDRESS_LINES_MAX]
        lines[-1] = lines[-1][: ADDRESS_LINE_LENGTH_MAX - 1] + CUT_MARK
    return lines


def remittance_lines(text: str | None) -> list[str]:
    return list(broken(_lines(text), REMITTANCE_LINE_LENGTH_MAX))


def codes(text: str | None, *, field: str) -> list[str]:
    """Each of the codes that are parted by spaces."""
    line = one_line(text, field=field, length_max=CODE_LENGTH_MAX)
    return line.split() if line else []


def is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None


def is_clearing_system(text: str) -> bool:
    """Whether it can be one of the listed clearing systems: a country, or five letters."""
    return _CLEARING_SYSTEM.fullmatch(text) is not None


def agent(text: str | None, *, field: str) -> Agent | None:
    """A BIC, or "SYSTEM:MEMBER" with a system that may be empty; None where none is named."""
    line = one_line(text, field=field, length_max=CODE_LENGTH_MAX)
    return None if line is None else parse_agent(line, field=field)


def broken(lines: Iterable[str], length_max: int) -> Iterator[str]:
    """Each line in pieces of that length, broken at a space where there is one."""
    for line in lines:
        rest = line
        while len(rest) > length_max:
            # A space at the very place is a good one too: the line before it is full.
            at = rest.rfind(" ", 1, length_max + 1)
            at = at if at > 0 else length_max
            yield rest[:at].rstrip(" ")
            rest = rest[at:].lstrip(" ")
        if rest:
            yield rest


_LINE_ENDS = re.compile(r" *[\t\r\n][ \t\r\n]*")
_CODE = re.compile(r"[A-Z0-9]{4}")
_CLEARING_SYSTEM = re.compile(r"[A-Z]{2}|[A-Z]{5}")


def _lines(text: str | None) -> Iterator[str]:
    """The lines with something in them, without outer space."""
    for line in UNSAFE.sub("?", text or "").replace("\r", "\n").split("\n"):
        plain = line.replace("\t", " ").strip(" ")
        if plain.strip():
            yield plain
