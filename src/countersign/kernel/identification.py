"""What a party is known by beside its name: lines such as "OrgId/LEI 5493001KJTIIGC8Y1R12".

Each line is an element of ISO 20022's Party38Choice with its path and value, in the order of the
standard, so that what a file said of a party can be said again to a rail, and be read by people.
"""

import re
from datetime import date

from countersign.kernel.refusal import Kind, Refusal


class MalformedIdentification(Refusal):
    """{field} is not lines such as "OrgId/LEI 5493001KJTIIGC8Y1R12" in the standard's order."""

    code = "identification.malformed"
    kind = Kind.INVALID
    chinese = "{field} 不是依標準順序排列的「OrgId/LEI 5493001KJTIIGC8Y1R12」格式；請更正。"


def parse_identification(text: str, *, field: str) -> list[tuple[tuple[str, ...], str]]:
    """(path, value) of each line; raises MalformedIdentification for what is no identification."""
    if not _IDENTIFICATION.fullmatch(text + "\n"):
        raise MalformedIdentification(field=field)
    parted = [line.split(" ", 1) for line in text.split("\n")]
    if not all(_is_day(value) for path, value in parted if path == f"{_BIRTH}/BirthDt"):
        raise MalformedIdentification(field=field)
    return [(tuple(path.split("/")), value) for path, value in parted]


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _line(path: str, value: str) -> str:
    return rf"{path} {value}\n"


def _text(length_max: int) -> str:
    # No control characters, and no outer space.
    return rf"(?! )[^\x00-\x1f\x7f]{{1,{length_max}}}(?<! )"


def _others(kind: str) -> str:
    scheme = "|".join(
        (_line(f"{kind}/Othr/SchmeNm/Cd", _text(4)), _line(f"{kind}/Othr/SchmeNm/Prtry", _text(35)))
    )
    issuer = _line(f"{kind}/Othr/Issr", _text(35))
    return f"(?:{_line(f'{kind}/Othr/Id', _text(35))}(?:{scheme})?(?:{issuer})?)"


_ORGANISATION = (
    f"(?:{_line('OrgId/AnyBIC', '[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?')})?"
    f"(?:{_line('OrgId/LEI', '[A-Z0-9]{18}[0-9]{2}')})?{_others('OrgId')}{{0,20}}"
)
_BIRTH = "PrvtId/DtAndPlcOfBirth"
_PRIVATE = (
    f"(?:{_line(f'{_BIRTH}/BirthDt', '[0-9]{4}-[0-9]{2}-[0-9]{2}')}"
    f"(?:{_line(f'{_BIRTH}/PrvcOfBirth', _text(35))})?{_line(f'{_BIRTH}/CityOfBirth', _text(35))}"
    f"{_line(f'{_BIRTH}/CtryOfBirth', '[A-Z]{2}')})?{_others('PrvtId')}{{0,20}}"
)
_IDENTIFICATION = re.compile(rf"(?=.)(?:{_ORGANISATION}|{_PRIVATE})")
