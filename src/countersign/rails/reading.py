"""Reads the messages of a rail, which may be hostile: each value taken is checked here, too.

1. `infra.iso20022.whole` bounds the message, refuses document types and holds the official schema
   against it where there is one. The checks here do not rest on a schema having been there.
2. An element that is read stands once; ids are 1 to 35 characters of one line; a UETR is a UETR.
3. What comes from outside over a long time is read in threads that end (`own_thread` says why): one
   thread a connection is enough.
"""

from collections.abc import Collection
from pathlib import Path

from lxml import etree

from countersign.infra.iso20022.diagnosis import local_name
from countersign.infra.iso20022.whole import read_whole
from countersign.kernel.ids import is_uetr
from countersign.rails.errors import (
    AboutAnotherMessage,
    HeaderMismatch,
    MalformedElement,
    MissingElement,
)
from countersign.rails.fitting import UNSAFE
from countersign.rails.ids import ID_LENGTH_MAX


class Part:
    """An element of a message and what it holds, by the names in the message's namespace."""

    def __init__(self, element: etree._Element) -> None:
        self._element = element
        self._prefix = element.tag[: element.tag.index("}") + 1]
        self.name = local_name(element)

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


_LINE_ENDS = frozenset("\t\r\n")
_TRANSFER = "pacs.008"
