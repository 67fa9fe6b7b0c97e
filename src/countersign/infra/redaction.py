"""Takes out of log lines what must not be in them: secrets by field name, accounts by their shape.

A field whose name says secret loses its value whatever it is. In every other value, what has the
shape of an IBAN goes, and what has the shape of a card number if its check digit fits. Of bytes
only the number shows. A text too long for a log line is cut, after that.
"""

import math
import re
from collections.abc import Mapping

REDACTED = "[redacted]"
TEXT_LENGTH_MAX = 2000


def redact_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Redact every field, by its name or in its value."""
    return {
        redact_text(str(name)): REDACTED if names_a_secret(str(name)) else redact(value)
        for name, value in fields.items()
    }


def names_a_secret(name: str) -> bool:
    """Tell whether a field of this name holds a secret; `key_version` does too, to be safe."""
    lower = name.lower()
    if any(word in lower for word in _SECRET_ANYWHERE):
        return True
    # Short words count as whole words only: `monkey` and `seedling` are no secrets.
    return not _SECRET_WORDS.isdisjoint(_WORD.findall(_CAMEL_HUMP.sub("_", name).lower()))


def redact(value: object) -> object:
    """Redact one value of any type, into what JSON knows."""
    match value:
        case Mapping():
            return redact_fields(value)
        case list() | tuple() | set() | frozenset():
            return [redact(item) for item in value]
        case None | bool() | int() | float():
            return _redact_number(value)
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} bytes]"
        case BaseException():
            return type(value).__qualname__  # Its message may repeat the values it was about.
        case _:
            return redact_text(str(value))


def redact_text(text: str) -> str:
    """Redact what looks like an account or a card number, and cut what is too long."""
    without_accounts = _IBAN.sub(REDACTED, text)
    clean = _CARD.sub(_without_card_number, without_accounts)
    if len(clean) <= TEXT_LENGTH_MAX:
        return clean
    return f"{clean[:TEXT_LENGTH_MAX]}... [{len(clean)} characters]"


_SECRET_ANYWHERE = ("token", "password", "passphrase", "secret", "dsn", "database_url")
_SECRET_WORDS = frozenset({"key", "keys", "seed", "seeds", "pin", "otp"})
_WORD = re.compile(r"[a-z]+")
_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# Country, check digits and 11 to 30 more: in one piece, or in groups of four as on paper. A check
# of the check digits would let through what someone mistyped, which is as much an account.
_SEPARATOR = r"[ \u00a0\u202f.-]"
_IBAN = re.compile(
    rf"""
    (?<![0-9A-Za-z])
    [A-Za-z]{{2}}[0-9]{{2}}
    (?: [0-9A-Za-z]{{11,30}}
      | (?:{_SEPARATOR}[0-9A-Za-z]{{4}}){{3,7}}(?:{_SEPARATOR}?[0-9A-Za-z]{{1,3}})?
      | (?:{_SEPARATOR}[0-9A-Za-z]{{4}}){{2}}{_SEPARATOR}[0-9A-Za-z]{{3}}
    )
    (?![0-9A-Za-z])
    """,
    re.VERBOSE,
)
_CARD = re.compile(rf"(?<![0-9A-Za-z])[0-9](?:{_SEPARATOR}?[0-9]){{12,18}}(?![0-9A-Za-z])")
_CARD_DIGITS = range(13, 20)


def _redact_number(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)  # JSON has no word for the others.
    return REDACTED if _is_card_number(str(value)) else value


def _without_card_number(found: re.Match[str]) -> str:
    digits = "".join(character for character in found[0] if character.isdecimal())
    return REDACTED if _is_card_number(digits) else found[0]


def _is_card_number(digits: str) -> bool:
    # Issuers' numbers begin with 2 to 6; so times in milliseconds, which begin with 1, stay.
    if len(digits) not in _CARD_DIGITS or digits[0] not in "23456":
        return False
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    single = [int(digit) for digit in digits[-1::-2]]
    return (sum(single) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0  # noqa: PLR2004
