"""One message file as a sequence of validated units, in memory that does not grow with the file.

1. A unit is an element at a known path, such as each payment. It is valid before anyone sees it,
   and may be read only until the next one is asked for.
2. Between two units at most `unit_bytes_max` may pass, whatever it is: text, comments, names.
3. Errors name line, element path and the schema's rule, never a value.
4. A file from outside is read in a thread of its own (`own_thread`).
"""

import re
from collections import Counter
from collections.abc import (
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from lxml import etree

from countersign.infra.iso20022.diagnosis import invalid, line_of, local_name, not_xml
from countersign.infra.iso20022.errors import (
    InvalidMessage,
    TooLarge,
    UnknownEnvelope,
    UnsupportedMessage,
)
from countersign.infra.iso20022.schemas import NAMESPACE_PREFIX, load_schema
from countersign.infra.iso20022.source import Source
from countersign.kernel.invariant import invariant

HEADER_UNIT: Final = "AppHdr"
# Roots in which a business message, a header and a document, may be sent.
ENVELOPES: Final = frozenset({"{urn:swift:xsd:envelope}Envelope", "RequestPayload"})


class Limits(NamedTuple):
    """What a file may cost us."""

    message_bytes_max: int = 2 * 2**30
    unit_bytes_max: int = 2**20
    chunk_bytes: int = 2**16


class Unit(NamedTuple):
    name: str
    element: etree._Element
    path: str  # For example "CstmrCdtTrfInitn/PmtInf[2]/CdtTrfTxInf[14]".


class MessageReader:
    """Reads one file; `message` is known with the first unit, `digest` is final after the last.

    `unit_paths` are the same for every supported message, or given for each by its name;
    `optional_units` are the names of units that not every supported version has;
    `validator_of` stands in for the official schemas; where it gives None, nothing is validated.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        supported: Collection[str],
        unit_paths: Sequence[str] | Mapping[str, Sequence[str]],
        optional_units: Container[str] = (),
        schema_dir: Path | None,
        limits: Limits,
        validator_of: Callable[[str], etree.XMLSchema | None] | None = None,
    ) -> None:
        self.message = ""
        self._source = Source(
            stream, bytes_max=limits.message_bytes_max, chunk_bytes=limits.chunk_bytes
        )
        self._supported = supported
        self._paths_of: Mapping[str, Sequence[str]] = (
            unit_paths if isinstance(unit_paths, Mapping) else dict.fromkeys(supported, unit_paths)
        )
        self._unit_paths: tuple[str, ...] = ()  # Those of this message, once it is known.
        self._optional_units = optional_units
        self._schema_dir = schema_dir
        self._validator_of = validator_of or self._official
        self._unit_bytes_max = limits.unit_bytes_max
        self._document: _Document | None = None
        self._wrapped: UnknownEnvelope | None = None  # For the first document in such a one.
        self._counts: Counter[str] = Counter()
        self._headers = 0

    @property
    def digest(self) -> bytes:
        """SHA-256 of the bytes read so far."""
        return self._source.digest()

    def units(self) -> Iterator[Unit]:
        """Every business header and unit, in the order of the file."""
        names = {_name(path) for paths in self._paths_of.values() for path in paths}
        parser = etree.XMLPullParser(
            events=("start", "end"),
            tag=[f"{{*}}{name}" for name in ("Document", HEADER_UNIT, *sorted(names))],
            encoding="utf-8",
            # There is no document type, so nothing is expanded; with False, lxml forgives entities
            # that nobody defined.
            resolve_entities="internal",  # type: ignore[arg-type]  # The stubs know bool alone.
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )
        since_unit = 0
        for chunk in self._source.chunks():
            _feed(parser, chunk)
            since_unit += len(chunk)
            for unit in self._drain(parser):
                since_unit = 0
                yield unit
                _forget_before(unit)
            if since_unit > self._unit_bytes_max:
                if self._document is None and self._wrapped is not None:
                    raise self._wrapped
                raise TooLarge(what="payment or other part", bytes_max=self._unit_bytes_max)
        self._finish(_close(parser))

    def _drain(self, parser: etree.XMLPullParser) -> Iterator[Unit]:
        for event, node in parser.read_events():
            element = cast("etree._Element", node)  # noqa: SLF001  # lxml's own name of the type.
            if event == "start":
                self._on_start(element)
            elif (unit := self._unit(element)) is not None:
                yield unit

    def _on_start(self, element: etree._Element) -> None:
        """Find the document: the root, or what a known envelope holds."""
        if self._document is not None or local_name(element) != "Document":
            return
        parent = element.getparent()
        namespace = etree.QName(element).namespace or ""
        message = namespace.removeprefix(NAMESPACE_PREFIX)
        if parent is not None and not _is_envelope(parent):
            if message != namespace and self._wrapped is None:
                self._wrapped = UnknownEnvelope(
                    message=_shown(message), envelope=_shown_root(element)
                )
            return
        if message == namespace or message not in self._supported:
            raise self._unsupported(message)
        self._unit_paths = tuple(self._paths_of[message])
        validator = self._validator_of(message)
        self.message = message
        self._document = _Document(element, validator, {})
        for path in self._unit_paths:
            tag, *outer = (f"{{{namespace}}}{step}" for step in reversed(path.split("/")))
            self._document.unit_paths[tag] = (path, outer)

    def _official(self, message: str) -> etree.XMLSchema:
        return load_schema(
            message,
            units=[_name(path) for path in self._unit_paths],
            optional=self._optional_units,
            schema_dir=self._schema_dir,
        ).validator

    def _unit(self, element: etree._Element) -> Unit | None:
        """The ended element as a valid unit, or None for one of that name elsewhere."""
        parent, document = element.getparent(), self._document
        if local_name(element) == HEADER_UNIT:
            return self._header(element)
        if document is None or element.tag not in document.unit_paths:
            return None
        path, outer = document.unit_paths[element.tag]
        for tag in outer:
            if parent is None or parent.tag != tag:
                return None
            parent = parent.getparent()
        if parent is not document.element:
            return None
        self._counts[path] += 1
        numbered = self._numbered(path)
        document.validate(element, numbered)
        for other in self._unit_paths:
            if other.startswith(path + "/"):
                self._counts[other] = 0
        return Unit(_name(path), element, numbered)

    def _header(self, element: etree._Element) -> Unit | None:
        """The business header of a known envelope, or None for one of that name elsewhere.

        At its end the file is held against the order of elements as well; without it here,
        headers without end would begin the bound on what is gathered anew, each of them.
        """
        parent = element.getparent()
        if parent is None or not _is_envelope(parent):
            return None
        self._headers += 1
        if self._headers > 1:
            raise InvalidMessage(
                line=line_of(element), element="envelope", rule="order of elements"
            )
        return Unit(HEADER_UNIT, element, HEADER_UNIT)

    def _numbered(self, path: str) -> str:
        """The path with the number of each unit on it, counted within the unit around it."""
        steps: list[str] = []
        outer = ""
        for step in path.split("/"):
            outer = f"{outer}/{step}" if outer else step
            if outer in self._unit_paths:
                # The units around this one are not counted yet: they have not ended.
                number = self._counts[outer] + (outer != path)
                steps.append(f"{step}[{number}]")
            else:
                steps.append(step)
        return "/".join(steps)

    def _finish(self, root: etree._Element) -> None:
        if self._document is None and self._wrapped is not None:
            raise self._wrapped
        if self._document is None:
            raise self._unsupported("")
        if root is not self._document.element:
            names = [local_name(child) for child in root]
            texts = [root.text, *(child.tail for child in root)]
            if names not in (["Document"], [HEADER_UNIT, "Document"]) or _has_text(texts):
                raise InvalidMessage(
                    line=line_of(root), element="envelope", rule="order of elements"
                )
        self._document.validate(self._document.element, "Document")

    def _unsupported(self, message: str) -> UnsupportedMessage:
        return UnsupportedMessage(
            message=_shown(message), supported=", ".join(sorted(self._supported))
        )


class _Document(NamedTuple):
    # Trees are validated, unit by unit and last what is left of the document. Validation by the
    # parser itself is not used: under it libxml2 loses well-formedness errors and line numbers.
    element: etree._Element
    validator: etree.XMLSchema | None
    unit_paths: dict[str, tuple[str, list[str]]]  # By tag: the path, and the tags around it.

    def validate(self, element: etree._Element, path: str) -> None:
        if self.validator is not None and not self.validator.validate(element):
            raise invalid(element, path, self.validator)


_MESSAGE_NAME = re.compile(r"[a-z]{4}\.[0-9]{3}\.[0-9]{3}\.[0-9]{2}")
_ENVELOPE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,39}")


def _shown(message: str) -> str:
    """Only what can be a message's name is repeated out of the file."""
    return message if _MESSAGE_NAME.fullmatch(message) else "no ISO 20022 message"


def _shown_root(element: etree._Element) -> str:
    """The name of what stands around everything, if it is as short and plain as names are."""
    name = local_name(element.getroottree().getroot())
    return name if _ENVELOPE_NAME.fullmatch(name) else "an element of another name"


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _feed(parser: etree.XMLPullParser, chunk: bytes) -> None:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        raise not_xml(parser, error) from None
    # lxml may hand out what stands before an error and raise only at the next piece.
    if list(parser.feed_error_log.filter_from_errors()):
        raise not_xml(parser, None)


def _close(parser: etree.XMLPullParser) -> etree._Element:
    try:
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise not_xml(parser, error) from None
    invariant(root.getroottree().docinfo.internalDTD is None, "no document type gets this far")
    return root


def _forget_before(unit: Unit) -> None:
    """Drop the unit before this one, unless it is the first of its run.

    One of each run stays, so that the document left at the end is valid exactly if all of it was.
    """
    parent, before = unit.element.getparent(), unit.element.getprevious()
    earlier = None if before is None else before.getprevious()
    if parent is None or before is None or earlier is None:
        return
    if earlier.tag == before.tag == unit.element.tag:
        if _has_text([before.tail]):
            raise InvalidMessage(
                line=line_of(before), element=unit.path, rule="text between elements"
            )
        # Its tail is complete, which that of the newest unit need not be: libxml2 writes on there.
        parent.remove(before)


def _is_envelope(element: etree._Element) -> bool:
    return element.tag in ENVELOPES and element.getparent() is None


def _has_text(texts: Iterable[str | None]) -> bool:
    return any(text and text.strip(" \t\r\n") for text in texts)
