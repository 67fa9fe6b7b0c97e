"""What libxml2 found, said without a value out of the file.

Its own sentences repeat values and names from the file. What is passed on is the line, the path of
element names that the schema knows, the schema's rule, and which elements the schema expected.
"""

import re
from typing import Any, cast

from lxml import etree

from countersign.infra.iso20022.errors import InvalidMessage, NotXml, TooDeep


def not_xml(parser: etree.XMLPullParser, error: etree.XMLSyntaxError | None) -> NotXml | TooDeep:
    """The refusal for the first error that the parser met."""
    # Not the exception's own log: that one holds what other parsers of the thread met before.
    found = list(parser.feed_error_log.filter_from_errors())
    line = found[0].line if found else error.lineno if error else None
    if found and found[0].type == _RESOURCE_LIMIT:
        return TooDeep(line=line or 1)
    reason = found[0].type_name.removeprefix("ERR_") if found else "DOCUMENT_END"
    return NotXml(line=line or 1, reason=reason.lower().replace("_", " "))


def invalid(unit: etree._Element, path: str, validator: etree.XMLSchema) -> InvalidMessage:
    """The refusal for what the validator just found in the unit."""
    log: Any = validator.error_log  # The stubs of this log know no way to read it.
    error = log[0]
    named = _ELEMENT.match(error.message)
    name = named[1] if named else local_name(unit)
    # From this line on libxml2 knows lines only near text; every unit holds some.
    line = error.line if error.line != _LINE_NUMBERS_END else line_of(unit)
    return InvalidMessage(
        line=line or 1,
        element=_path_of(unit, path, name=name, line=error.line or 1),
        rule=_rule(error.type_name, error.message),
    )


def local_name(element: etree._Element) -> str:
    return etree.QName(element).localname


def line_of(element: etree._Element) -> int:
    return cast("int | None", element.sourceline) or 1


# XML_ERR_RESOURCE_LIMIT. Of its limits only that of nesting, 256, lies below those of the reader.
_RESOURCE_LIMIT = 114
_LINE_NUMBERS_END = 65535
_ELEMENT = re.compile(r"Element '(?:\{[^{}]*\})?([A-Za-z0-9]{1,40})'")
_FACET = re.compile(r"Element '[^']*'(?:, attribute '[^']*')?: \[facet '([A-Za-z]{1,20})'\]")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( ([^()]*) \)\.$")
_NAMESPACE = re.compile(r"\{[^{}]*\}")
_RULES = {
    "SCHEMAV_ELEMENT_CONTENT": "order of elements",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "text between elements",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_1": "attributes",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "attributes",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2": "attributes",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "missing attribute",
    "SCHEMAV_CVC_TYPE_3_1_1": "attributes",
    "SCHEMAV_CVC_TYPE_3_1_2": "elements inside text",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "type of the value",
}


def _rule(type_name: str, message: str) -> str:
    facet = _FACET.match(message)
    if facet:
        return facet[1]
    rule = _RULES.get(type_name, "structure")
    expected = _EXPECTED.search(message) if rule == "order of elements" else None
    return f"{rule}, expected {_NAMESPACE.sub('', expected[1])}" if expected else rule


def _path_of(unit: etree._Element, path: str, *, name: str, line: int) -> str:
    for found in unit.iter():
        if line_of(found) == line and local_name(found) == name:
            steps = []
            node: etree._Element | None = found
            while node is not None and node is not unit:
                steps.append(local_name(node))
                node = node.getparent()
            return "/".join([path, *reversed(steps)])
    return path
