"""Reads the messages of a rail, which may be hostile: each value taken is checked here, too.

1. `infra.iso20022.whole` bounds the message, refuses document types and holds the official schema
   against it where there is one. The checks here do not rest on a schema having been there.
2. An element that is read stands once; ids are 1 to 35 characters of one line; a UETR is a UETR.
3. What comes from outside over a long time is read in threads that end (`own_thread` says why): one
   thread a connection is enough.
"""

import re
from collections.abc import Collection
from itertools import islice
from pathlib import Path
from typing import Final

from lxml import etree

from countersign.infra.iso20022.diagnosis import local_name
from countersign.infra.iso20022.schemas import NAMESPACE_PREFIX
from countersign.infra.iso20022.whole import read_whole
from countersign.kernel.ids import is_uetr
from countersign.kernel.money import Money
from countersign.rails.errors import (
    AboutAnotherMessage,
    HeaderMismatch,
    MalformedElement,
    MissingElement,
)
from countersign.rails.fitting import UNSAFE
from countersign.rails.ids import ID_LENGTH_MAX
from countersign.rails.messages import NARRATIVE

REASONS_MAX: Final = 8
TEXT_LENGTH_MAX: Final = 1000
CODE_LENGTH_MAX: Final = 4


class Part:
    """An element of a message and what it holds, by the names in the message's namespace."""

    def __init__(self, element: etree._Element) -> None:
        self._element = element
        self._prefix = element.tag[: element.tag.index("}") + 1]
        self.name = local_name(element)
        self.message = self._prefix[1:-1].removeprefix(NAMESPACE_PREFIX)

    def all(self, name: str) -> list["Part"]:
        tag = self._prefix + name
        return [Part(child) for child in self._element if child.tag == tag]

    def one(self, name: str) -> "Part | None":
        """The child of that name; two of them are refused."""
        found = self.all(name)
        if len(found) > 1:
            raise MalformedElement(element=name)
        return found[0] if found else None

    def need(self, name: str) -> "Part":
        found = self.one(name)
        if found is None:
            raise MissingElement(element=name)
        return found

    def text(self, name: str, *, length_max: int = ID_LENGTH_MAX) -> str | None:
        found = self.one(name)
        return None if found is None else found.own_text(length_max=length_max)

    def need_text(self, name: str, *, length_max: int = ID_LENGTH_MAX) -> str:
        return self.need(name).own_text(length_max=length_max)

    def own_text(self, *, length_max: int) -> str:
        """What the element itself says; an element inside it is refused."""
        text = self._element.text or ""
        is_leaf = len(self._element) == 0
        is_one_line = _LINE_ENDS.isdisjoint(text) and UNSAFE.search(text) is None
        if not (is_leaf and 0 < len(text) <= length_max and is_one_line):
            raise MalformedElement(element=self.name)
        return text

    def free_text(self) -> str:
        """A text for people, in which what steers a terminal is replaced."""
        text = self._element.text or ""
        return "".join(each if each.isprintable() else " " for each in text)

    def attribute(self, name: str) -> str:
        return self._element.get(name) or ""

    def uetr(self, name: str) -> str | None:
        text = self.text(name, length_max=36)
        if text is not None and not is_uetr(text):
            raise MalformedElement(element=name)
        return text


def read_message(
    raw: bytes, *, supported: Collection[str], content: str, schema_dir: Path | None
) -> Part:
    """The content of a message of one of the supported versions."""
    whole = read_whole(raw, supported=supported, content=content, schema_dir=schema_dir)
    if whole.announced is not None and whole.announced != whole.message:
        raise HeaderMismatch(message=whole.message)
    return Part(whole.content)


def read_amount(part: Part) -> Money:
    """An amount in its currency."""
    # The schema's decimals may have a sign, no whole part, and zeros that no amount here has.
    found = _AMOUNT.fullmatch(part.own_text(length_max=40))
    if found is None:
        raise MalformedElement(element=part.name)
    decimals = (found[2] or "").rstrip("0").rstrip(".")
    return Money.parse((found[1] or "0") + decimals, currency=part.attribute("Ccy"))


def read_reasons(parts: list[Part], element: str) -> tuple[tuple[str, ...], list[str], str | None]:
    """Codes, the sender's own codes, and the text of all reasons of that element together."""
    found: list[str] = []
    own: list[str] = []
    lines: list[str] = []
    for each in (each for part in parts for each in part.all(element)):
        reason = each.one("Rsn")
        code = reason.text("Cd", length_max=CODE_LENGTH_MAX) if reason else None
        if code is not None:
            found.append(code if _REASON.fullmatch(code) else NARRATIVE)
            lines += [] if _REASON.fullmatch(code) else [code]
        own_code = reason.text("Prtry") if reason else None
        if own_code is not None:
            own.append(own_code)
        lines += [line.free_text() for line in islice(each.all("AddtlInf"), TEXT_LENGTH_MAX)]
    # A verdict rests on the codes being all of them, so more is refused and not cut.
    if len(found) > REASONS_MAX:
        raise MalformedElement(element=element)
    return tuple(found), own, "\n".join(lines)[:TEXT_LENGTH_MAX] or None


def original_message_id(*groups: Part | None) -> str:
    """The id of the pacs.008 that the groups of a message refer to; they must agree."""
    found: str | None = None
    for group in groups:
        if group is None:
            continue
        name = group.need_text("OrgnlMsgNmId").lower()
        # A status request can be refused as well, which says nothing of the transfer it asks about.
        if name != _TRANSFER and not name.startswith(f"{_TRANSFER}."):
            raise AboutAnotherMessage
        message_id = group.need_text("OrgnlMsgId")
        if found is not None and found != message_id:
            raise MalformedElement(element="OrgnlMsgId")
        found = message_id
    if found is None:
        raise MissingElement(element="OrgnlMsgId")
    return found


# The schema lets any four characters stand for a reason; the gate books what can be a listed one.
_REASON = re.compile(r"[A-Z0-9]{1,4}")
_AMOUNT = re.compile(r"\+?0*([0-9]{0,18})(\.[0-9]{0,17})?")
_LINE_ENDS = frozenset("\t\r\n")
_TRANSFER = "pacs.008"
