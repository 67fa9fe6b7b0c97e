"""Writes one message as a tree: elements in the order in which they are added, and always alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

from countersign.infra.iso20022.schemas import NAMESPACE_PREFIX


class Writer:
    """One message being written; `content` is what its document holds."""

    def __init__(self, message: str, content: str) -> None:
        namespace = NAMESPACE_PREFIX + message
        self._prefix = f"{{{namespace}}}"
        no_prefix: Any = {None: namespace}  # The stubs know no default namespace.
        self._root = etree.Element(self._prefix + "Document", nsmap=no_prefix)
        self.content = self.part(self._root, content)

    def part(self, parent: etree._Element, *names: str) -> etree._Element:
        """A new element inside `parent`, or several, each inside the one before."""
        for name in names:
            parent = etree.SubElement(parent, self._prefix + name)
        return parent

    def leaf(self, parent: etree._Element, name: str, text: str | None) -> None:
        """A new element with a text, unless there is none."""
        if text is not None:
            self.part(parent, name).text = text

    def amount(self, parent: etree._Element, name: str, text: str, currency: str) -> None:
        leaf = self.part(parent, name)
        leaf.set("Ccy", currency)
        leaf.text = text

    def group_header(self, *, message_id: str, created_ms: int) -> etree._Element:
        """The group header as far as every message has it."""
        header = self.part(self.content, "GrpHdr")
        self.leaf(header, "MsgId", message_id)
        created = _EPOCH + timedelta(milliseconds=created_ms)
        self.leaf(header, "CreDtTm", created.isoformat(timespec="milliseconds"))
        return header

    def original(
        self,
        name: str,
        *,
        message: tuple[str, str],
        end_to_end_id: str | None,
        transaction_id: str | None,
        uetr: str | None,
    ) -> etree._Element:
        """An element about a transaction of an earlier message, given by its id and its name."""
        body = self.part(self.content, name)
        group = self.part(body, "OrgnlGrpInf")
        self.leaf(group, "OrgnlMsgId", message[0])
        self.leaf(group, "OrgnlMsgNmId", message[1])
        self.leaf(body, "OrgnlEndToEndId", end_to_end_id)
        self.leaf(body, "OrgnlTxId", transaction_id)
        self.leaf(body, "OrgnlUETR", uetr)
        return body

    def written(self) -> bytes:
        return etree.tostring(self._root, encoding="UTF-8", xml_declaration=True)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
