"""Account references: an Iban (ISO 13616) or another identification with its scheme (ISO 20022).

One account has one canonical text, which limits, freezes and blind indexes compare: so an IBAN
sent as another identification is refused. The text is restricted: neither repr nor refusals show
it. Country structures change, so they are checked at intake (`parse`), not when reading back.
"""

import re
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase

from stdnum import numdb

from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal


class MalformedIban(Refusal):
    """The IBAN is mistyped or not of its country's form; compare it with the account holder's."""

    code = "account.malformed_iban"
    kind = Kind.INVALID
    chinese = "IBAN 輸入有誤，或不符合該國格式；請與帳戶持有人提供的號碼核對。"


class MalformedOtherAccount(Refusal):
    """The account is not 1 to 34 plain characters with a scheme of 1 to 4; correct it as agreed."""

    code = "account.malformed_other"
    kind = Kind.INVALID
    chinese = "帳號須為 1 至 34 個一般字元，代碼須為 1 至 4 個字元；請依約定格式更正。"


class IbanAsOther(Refusal):
    """The account is an IBAN in the field for other accounts; send it in the field for IBANs."""

    code = "account.iban_as_other"
    kind = Kind.INVALID
    chinese = "此帳號是 IBAN，卻填在其他帳號欄位；請填入 IBAN 欄位。"


class MalformedReference(Refusal):
    """The account reference is not in canonical form; use the text that was given out before."""

    code = "account.malformed_reference"
    kind = Kind.INVALID
    chinese = "帳戶參照不是標準格式；請使用先前提供的文字。"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Iban:
    text: str

    def __post_init__(self) -> None:
        invariant(_IBAN.fullmatch(self.text), "an IBAN from outside is made by Iban.parse")

    @classmethod
    def parse(cls, text: str) -> "Iban":
        """Read an IBAN, in print form (groups, small letters) too; check country and mod 97."""
        compact = text.replace(" ", "").upper() if text.isascii() else ""
        if not _is_iban(compact):
            raise MalformedIban
        return cls(text=compact)

    @property
    def country(self) -> str:
        return self.text[:2]

    def __repr__(self) -> str:
        return f"Iban({self.country}...)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OtherAccount:
    identification: str
    scheme: str | None

    def __post_init__(self) -> None:
        invariant(
            _is_other(identification=self.identification, scheme=self.scheme),
            "another account from outside is made by OtherAccount.parse",
        )

    @classmethod
    def parse(cls, identification: str, *, scheme: str | None) -> "OtherAccount":
        """Read an identification of printable ASCII (Max34Text) and its external scheme code."""
        if not _is_other(identification=identification, scheme=scheme):
            raise MalformedOtherAccount
        if _is_iban(_SEPARATORS.sub("", identification).upper()):
            raise IbanAsOther
        return cls(identification=identification, scheme=scheme)

    def __repr__(self) -> str:
        return f"OtherAccount({self.scheme or 'no scheme'}...)"


AccountReference = Iban | OtherAccount


def written_reference(text: str) -> AccountReference:
    """An account as people write it: an IBAN, or SCHEME:NUMBER, or :NUMBER without a scheme."""
    if ":" in text:
        scheme, _, identification = text.rpartition(":")
        return OtherAccount.parse(identification, scheme=scheme or None)
    return Iban.parse(text)


def canonical(reference: AccountReference) -> str:
    """Write the one text that stands for this account."""
    if isinstance(reference, Iban):
        return f"IBAN:{reference.text}"
    return f"OTHR:{reference.scheme or ''}:{reference.identification}"


def parse_canonical(text: str) -> AccountReference:
    """Read back what `canonical` wrote, also when a country has changed its structure since."""
    kind, _, rest = text.partition(":")
    if kind == "IBAN" and _IBAN.fullmatch(rest):
        return Iban(text=rest)
    scheme, separator, identification = rest.partition(":")
    is_other = separator and _is_other(identification=identification, scheme=scheme or None)
    if kind == "OTHR" and is_other:
        return OtherAccount(identification=identification, scheme=scheme or None)
    raise MalformedReference


_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# No leading, trailing or doubled space: two spellings that look alike would be two accounts.
_IDENTIFICATION = re.compile(r"[!-~]+( [!-~]+)*")
_IDENTIFICATION_LENGTH_MAX = 34
_SCHEME = re.compile(r"[A-Z0-9]{1,4}")
_SEPARATORS = re.compile(r"[^A-Za-z0-9]")
# The registry writes a structure as parts such as 8!n: eight digits.
_PART = re.compile(r"([0-9]+)!([nac])")
_CHARACTERS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
_LETTER_VALUES = {ord(letter): str(int(letter, 36)) for letter in ascii_uppercase}
# 98 minus a remainder lies in 02..98; the three others pass mod 97 as second spellings.
_IMPOSSIBLE_CHECK_DIGITS = frozenset({"00", "01", "99"})


def _is_iban(compact: str) -> bool:
    # stdnum.iban.validate says the same in ten times the time, and an order carries two of them.
    # National check digits inside the account number are not checked: they have exceptions.
    if _IBAN.fullmatch(compact) is None or compact[2:4] in _IMPOSSIBLE_CHECK_DIGITS:
        return False
    form = _bban_form(compact[:2])
    if form is None or form.fullmatch(compact, 4) is None:
        return False
    return int((compact[4:] + compact[:4]).translate(_LETTER_VALUES)) % 97 == 1


@cache
def _bban_form(country: str) -> re.Pattern[str] | None:
    structure = numdb.get("iban").info(country)[0][1].get("bban")
    if structure is None:
        return None
    return re.compile(
        "".join(f"{_CHARACTERS[kind]}{{{length}}}" for length, kind in _PART.findall(structure))
    )


def _is_other(*, identification: str, scheme: str | None) -> bool:
    return (
        len(identification) <= _IDENTIFICATION_LENGTH_MAX
        and _IDENTIFICATION.fullmatch(identification) is not None
        and (scheme is None or _SCHEME.fullmatch(scheme) is not None)
    )
