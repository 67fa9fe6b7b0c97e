"""The mapping of a CSV file: which column is which field of an order, and how values are written.

1. Every field that an order needs comes from a column or is a constant; no key is unknown; what is
   wrong is refused with its line.
2. What makes a payment known again is said, never assumed: its own reference, or the file's bytes.
"""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from countersign.channels.errors import BadMapping, MalformedMapping, UnmappedField

NEEDED: Final = (
    "amount",
    "currency",
    "requested_execution_date",
    "debtor_account",
    "creditor_account",
    "creditor_name",
)
OPTIONAL: Final = (
    "debtor_name",
    "debtor_agent",
    "debtor_address",
    "debtor_identification",
    "ultimate_debtor",
    "initiating_party",
    "creditor_agent",
    "intermediary_agents",
    "creditor_address",
    "creditor_identification",
    "ultimate_creditor",
    "instruction_id",
    "end_to_end_id",
    "uetr",
    "service_level",
    "local_instrument",
    "instruction_priority",
    "category_purpose",
    "purpose_code",
    "charge_bearer",
    "remittance_information",
)
MAPPING_BYTES_MAX: Final = 65_536
# Of the standard library's, those that never run on without end or change meaning half-way.
ENCODINGS: Final = frozenset(
    {
        *("utf-8", "utf-16", "ascii"),
        *("iso-8859-1", "iso-8859-2", "iso-8859-9", "iso-8859-15"),
        *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257"),
        *("big5", "cp950", "gb18030", "shift_jis", "cp932", "euc-kr"),
    }
)


class KnownBy(StrEnum):
    """What makes a payment known again."""

    INSTRUCTION_ID = "instruction_id"  # Its own reference, in whatever file it comes.
    CONTENT = "content"  # Its place in a file of these very bytes.


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailer:
    """A last row with what the file should hold; cells are counted from 1."""

    marker: str  # What stands in its first cell.
    count: int | None
    sum: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    delimiter: str
    encoding: str
    decimal: str
    thousands: str | None
    date: re.Pattern[str]  # With the groups year, month, day.
    known_by: KnownBy
    columns: dict[str, str]  # Field: name of its column.
    constants: dict[str, str]
    ignored: frozenset[str]
    trailer: Trailer | None
    lines: dict[str, int]  # Field: line of the mapping that names its column.


def read_mapping(raw: bytes) -> Mapping:
    """The mapping in a TOML text; raises a refusal with the place of what is wrong."""
    if len(raw) > MAPPING_BYTES_MAX:
        raise MalformedMapping(where=f"byte {MAPPING_BYTES_MAX + 1}")
    try:
        text = raw.decode()
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise MalformedMapping(where=f"byte {error.start + 1}") from None
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        raise MalformedMapping(where=found[0] if found else "its end") from None
    except RecursionError:
        raise MalformedMapping(where="its nesting") from None
    except ValueError:  # A number or a date that the language cannot hold.
        raise MalformedMapping(where="one of its values") from None
    return _Reader(text, content).mapping()


_PLACE = re.compile(r"line [0-9]+, column [0-9]+")
_TABLES = ("file", "columns", "constants", "trailer")
_FILE_KEYS = ("delimiter", "encoding", "decimal", "thousands", "date", "known_by", "ignore")
_TRAILER_KEYS = ("marker", "count", "sum")
_DATE_PARTS = {"YYYY": "(?P<year>[0-9]{4})", "MM": "(?P<month>[0-9]{2})", "DD": "(?P<day>[0-9]{2})"}
_DATE = re.compile(r"YYYY|MM|DD|[-./ ]")
_CELLS_MAX = 1000


class _Reader:
    def __init__(self, text: str, content: dict[str, Any]) -> None:
        self._lines = text.splitlines()
        self._content = content

    def mapping(self) -> Mapping:
        self._known("", self._content, _TABLES)
        file = self._table("file", _FILE_KEYS)
        columns = self._texts("columns", NEEDED + OPTIONAL)
        constants = self._texts("constants", NEEDED + OPTIONAL)
        for field in constants.keys() & columns.keys():
            raise self._bad("constants", field, "to be left out: it has a column")
        known_by = self._chosen("file", file, "known_by", list(KnownBy))
        needed = (*NEEDED, "instruction_id") if known_by == KnownBy.INSTRUCTION_ID else NEEDED
        for field in needed:
            if field not in columns and (field == "instruction_id" or field not in constants):
                raise UnmappedField(field=field)
        self._no_column_twice(columns)
        return Mapping(
            delimiter=self._one_of(file, "delimiter", ",;|\t", default=","),
            encoding=self._chosen("file", file, "encoding", sorted(ENCODINGS), default="utf-8"),
            decimal=(decimal := self._one_of(file, "decimal", ".,", default=".")),
            thousands=self._thousands(file, decimal),
            date=self._date(file),
            known_by=KnownBy(known_by),
            columns=columns,
            constants=constants,
            ignored=frozenset(self._ignored(file)),
            trailer=self._trailer(),
            lines={field: self._line("columns", field) for field in columns},
        )

    def _table(self, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
        found = self._content.get(name, {})
        if not isinstance(found, dict):
            raise self._bad("", name, f"to be a table: [{name}]")
        self._known(name, found, keys)
        return found

    def _known(self, table: str, found: dict[str, Any], keys: tuple[str, ...]) -> None:
        for key in found:
            if key not in keys:
                raise self._bad(table, key, f"to be one of: {', '.join(keys)}")

    def _texts(self, table: str, keys: tuple[str, ...]) -> dict[str, str]:
        found = self._table(table, keys)
        for key, value in found.items():
            if not isinstance(value, str) or not value.strip():
                raise self._bad(table, key, "a text")
        return found

    def _no_column_twice(self, columns: dict[str, str]) -> None:
        seen: set[str] = set()
        for field, column in columns.items():
            if column in seen:
                raise self._bad("columns", field, "a column of its own")
            seen.add(column)

    def _one_of(self, file: dict[str, Any], key: str, allowed: str, *, default: str) -> str:
        named = ["tab" if each == "\t" else each for each in allowed]
        chosen = self._chosen("file", file, key, list(allowed), default=default, shown=named)
        return str(chosen)

    def _chosen(
        self,
        table: str,
        found: dict[str, Any],
        key: str,
        allowed: list[Any],
        *,
        default: str | None = None,
        shown: list[str] | None = None,
    ) -> str:
        if key not in found and default is None:
            raise self._bad(table, key, f"to be said, one of: {', '.join(map(str, allowed))}")
        value = found.get(key, default)
        if value not in allowed:
            raise self._bad(table, key, f"one of: {' '.join(shown or map(str, allowed))}")
        return str(value)

    def _thousands(self, file: dict[str, Any], decimal: str) -> str | None:
        if "thousands" not in file:
            return None
        return self._one_of(file, "thousands", ".,' ".replace(decimal, ""), default=" ")

    def _date(self, file: dict[str, Any]) -> re.Pattern[str]:
        form = file.get("date", "YYYY-MM-DD")
        parts = _DATE.findall(form) if isinstance(form, str) else []
        named = sorted(part for part in parts if part in _DATE_PARTS)
        if "".join(parts) != form or named != sorted(_DATE_PARTS):
            raise self._bad("file", "date", "YYYY, MM and DD once each, such as DD.MM.YYYY")
        return re.compile("".join(_DATE_PARTS.get(part, re.escape(part)) for part in parts))

    def _ignored(self, file: dict[str, Any]) -> list[str]:
        found = file.get("ignore", [])
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise self._bad("file", "ignore", 'names of columns, such as ["Note"]')
        return found

    def _trailer(self) -> Trailer | None:
        if "trailer" not in self._content:
            return None
        found = self._table("trailer", _TRAILER_KEYS)
        marker = found.get("marker")
        if not isinstance(marker, str) or not marker.strip():
            raise self._bad("trailer", "marker", "what stands in the first cell of the last row")
        cells = {key: self._cell(found, key) for key in ("count", "sum")}
        if not any(cells.values()):
            raise self._bad("trailer", "count", "the number of a cell, or sum does")
        return Trailer(marker=marker, count=cells["count"], sum=cells["sum"])

    def _cell(self, found: dict[str, Any], key: str) -> int | None:
        value = found.get(key)
        if value is None or (type(value) is int and 1 < value <= _CELLS_MAX):
            return value
        raise self._bad("trailer", key, "the number of a cell, from 2")

    def _bad(self, table: str, key: str, expected: str) -> BadMapping:
        return BadMapping(line=self._line(table, key), key=key, expected=expected)

    def _line(self, table: str, key: str) -> int:
        """Where a key stands, or the table that should hold it, or the end of the text."""
        inside, at = "", len(self._lines) or 1
        for number, line in enumerate(self._lines, start=1):
            header = _HEADER.match(line)
            if header:
                inside = header[1]
                at = number if inside in {table, key} else at
            elif inside == table and _key_of(line) == key:
                return number
        return at


_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]")
_KEY = re.compile(r"""\s*["']?([^"'=]*?)["']?\s*=""")


def _key_of(line: str) -> str | None:
    found = _KEY.match(line)
    return found[1] if found else None
