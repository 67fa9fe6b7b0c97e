"""Reading values out of one element of a message: a header, a block, a payment.

The element is walked once, because each look-up in lxml costs as much as ten of these. `text` is
exactly what the sender wrote; `plain` is that for people: one line, no outer space.
"""

import re
from collections.abc import Iterable, Iterator

from lxml import etree


class Elements:
    """What is inside `element`, by paths such as "PmtId/EndToEndId"; of repeated ones the first.

    A child named `without`, and what is in it, is left out.
    """

    def __init__(self, element: etree._Element, *, without: str | None = None) -> None:
        self._found: dict[str, etree._Element] = {}
        # All names that are asked for are in the namespace of the message, as `element` is.
        self._namespace = element.tag[: element.tag.index("}") + 1]
        skipped = None if without is None else self._namespace + without
        for child in element:
            if child.tag != skipped:
                self._walk(child, "")

    @property
    def paths(self) -> Iterable[str]:
        """Of everything that is there and in the namespace of the message."""
        return self._found

    def has(self, path: str) -> bool:
        return path in self._found

    def text(self, path: str) -> str | None:
        found = self._found.get(path)
        return None if found is None else found.text or ""

    def attribute(self, path: str, name: str) -> str | None:
        found = self._found.get(path)
        return None if found is None else found.get(name)

    def plain(self, path: str) -> str | None:
        found = self._found.get(path)
        return None if found is None else plain(found.text)

    def code(self, path: str) -> str | None:
        """The code or the proprietary value of a choice between the two."""
        return self.plain(f"{path}/Cd") or self.plain(f"{path}/Prtry")

    def codes(self, path: str, name: str) -> str | None:
        """The codes of all elements of that name, parted by spaces."""
        outer = self._found.get(path)
        if outer is None:
            return None
        tag = self._namespace + name
        return (
            " ".join(text for each in outer.iterchildren(tag) for text in leaf_texts(each)) or None
        )

    def party(self, path: str) -> str | None:
        """A party's name; without one, its identifications in one line."""
        identification = self._found.get(f"{path}/Id")
        name = self.plain(f"{path}/Nm")
        if name is not None or identification is None:
            return name
        return " ".join(leaf_texts(identification)) or None

    def address(self, path: str) -> str | None:
        """All parts of an address in the order of the message, a line each."""
        address = self._found.get(f"{path}/PstlAdr")
        if address is None:
            return None
        kind = self._namespace + "AdrTp"
        lines = (line for part in address if part.tag != kind for line in leaf_texts(part))
        return "\n".join(lines) or None

    def identification(self, path: str) -> str | None:
        """What a party is known by, as `kernel.identification` has it: a line for each value."""
        choice = self._found.get(f"{path}/Id")
        if choice is None:
            return None
        start = len(self._namespace)
        lines = []
        for leaf in choice.iter():
            text = plain(leaf.text) if len(leaf) == 0 else None
            if text is not None:
                inside = [leaf, *leaf.iterancestors()]
                names = [each.tag[start:] for each in inside[: inside.index(choice)]]
                path = "/".join(reversed(names)).replace("BICOrBEI", "AnyBIC")
                lines.append(f"{path} {text}")
        return "\n".join(lines) or None

    def remittance(self, path: str) -> str | None:
        """The free lines, then each structured part in one line, such as "SCOR RF18..."."""
        remittance = self._found.get(path)
        if remittance is None:
            return None
        lines = (" ".join(leaf_texts(part)) for part in remittance)
        return "\n".join(filter(None, lines)) or None

    def _walk(self, element: etree._Element, outer: str) -> None:
        tag = element.tag
        if tag.startswith(self._namespace):
            path = outer + tag[len(self._namespace) :]
            if path not in self._found:
                self._found[path] = element
                for child in element:
                    self._walk(child, path + "/")


def plain(text: str | None) -> str | None:
    """The text in one line, or None where there is nothing to read."""
    return (_LINE_ENDS.sub(" ", text).strip(" ") or None) if text else None


def leaf_texts(element: etree._Element) -> Iterator[str]:
    """The texts of the innermost elements; an amount comes after its currency."""
    for leaf in element.iter():
        text = plain(leaf.text) if len(leaf) == 0 else None
        if text is not None:
            currency = leaf.get("Ccy")
            yield f"{currency} {text}" if currency else text


_LINE_ENDS = re.compile(r" *[\t\r\n][ \t\r\n]*")
