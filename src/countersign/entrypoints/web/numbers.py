"""Whole numbers in addresses, forms and headers: decimal ASCII digits within a bound, or nothing.

Python reads `²` as a digit that `int` then refuses, and refuses decimals of more than 4,300 digits;
Postgres holds no number of 2^63. Each ended a request as a fault of ours.
"""

from starlette.convertors import Convertor, register_url_convertor

_DIGITS = 18
PATH_NUMBER_MAX = 10**_DIGITS - 1
NUMBER_MAX = 2**62 - 1
_TEXT_MAX = len(str(NUMBER_MAX))


def whole_number(text: str, most: int = NUMBER_MAX) -> int | None:
    """The number that this text is, from 0 to `most`; None where it is no such number."""
    if not (text.isascii() and text.isdigit()) or len(text) > _TEXT_MAX:
        return None
    number = int(text)
    return number if number <= most else None


class _PathNumber(Convertor[int]):
    """A number in a path; a longer one is no such path, which needs no token and no database."""

    regex = f"[0-9]{{1,{_DIGITS}}}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


# Registered where the name for it stands, so that no route can use the one without the other.
register_url_convertor("whole", _PathNumber())
PATH_NUMBER = "{number:whole}"
