"""One short message, read whole: what a rail and we say to each other, one transaction a message.

1. The rules of `parser` hold; here the unit is the whole content of the document.
2. The official schema is held against it where there is one. Where there is none, `is_validated`
   is False: whoever reads on must check each value that it takes (and should anyhow).
3. Nothing but that one content stands in the document, schema or not.
4. Schemas are compiled once a thread: lxml keeps the errors of a validation on the validator.
"""

import io
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Final, NamedTuple

from lxml import etree

from countersign.infra.iso20022.diagnosis import line_of, local_name
from countersign.infra.iso20022.errors import InvalidMessage, NoSchema
from countersign.infra.iso20022.parser import HEADER_UNIT, Limits, MessageReader
from countersign.infra.iso20022.schemas import find_schema, load_schema

WHOLE_BYTES_MAX: Final = 2**20


class Whole(NamedTuple):
    message: str  # For example "pacs.002.001.10".
    content: etree._Element  # Inside the document, for example FIToFIPmtStsRpt.
    announced: str | None  # The message that a business header around the document names.
    is_validated: bool


def read_whole(
    raw: bytes, *, supported: Collection[str], content: str, schema_dir: Path | None
) -> Whole:
    """Read a message whose document holds the element `content` and nothing else."""
    validator: etree.XMLSchema | None = None

    def validator_of(message: str) -> etree.XMLSchema | None:
        nonlocal validator
        validator = _VALIDATORS.of(message, content, schema_dir)
        return validator

    reader = MessageReader(
        io.BytesIO(raw),
        supported=supported,
        unit_paths=(content,),
        schema_dir=schema_dir,
        limits=Limits(message_bytes_max=WHOLE_BYTES_MAX, unit_bytes_max=WHOLE_BYTES_MAX),
        validator_of=validator_of,
    )
    announced: str | None = None
    found: etree._Element | None = None
    for unit in reader.units():
        if unit.name == HEADER_UNIT:
            announced = _announced(unit.element)
        else:
            found = unit.element
    document = None if found is None else found.getparent()
    if found is None or document is None or len(document) != 1:
        raise InvalidMessage(line=1, element="Document", rule=f"nothing but {content}")
    return Whole(reader.message, found, announced, is_validated=validator is not None)


_VALIDATORS_MAX = 16


class _Validators(threading.local):
    """Compiled schemas of this thread, found again by message, content and folder."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, Path | None], etree.XMLSchema] = {}

    def of(self, message: str, content: str, schema_dir: Path | None) -> etree.XMLSchema | None:
        key = (message, content, schema_dir)
        if key not in self._kept:
            try:
                find_schema(message, schema_dir=schema_dir)
            except NoSchema:
                return None
            if len(self._kept) >= _VALIDATORS_MAX:
                self._kept.clear()
            # A schema that is there and unusable is a fault to be told, not one to pass over.
            schema = load_schema(message, units=(content,), schema_dir=schema_dir)
            self._kept[key] = schema.validator
        return self._kept[key]


_VALIDATORS = _Validators()


def _announced(header: etree._Element) -> str | None:
    named = [child for child in header if local_name(child) == "MsgDefIdr"]
    if len(named) > 1:
        raise InvalidMessage(line=line_of(header), element=HEADER_UNIT, rule="order of elements")
    return (named[0].text or "") if named else None
