"""Who an institution is: Bic (ISO 9362) and Lei (ISO 17442), in their one exact spelling.

A code from outside is parsed: capital letters and digits only, the country of a BIC is one of
ISO 3166 (or XK), the check digits of an LEI hold. A BIC is kept as given, 8 or 11 characters;
`bic11` is the form to compare by, because the branch XXX is the head office.
"""

import re
from dataclasses import dataclass

from stdnum import bic as stdnum_bic
from stdnum import lei as stdnum_lei

from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal


class MalformedBic(Refusal):
    """The BIC is not 8 or 11 capital letters and digits with a country; check it with the bank."""

    code = "bic.malformed"
    kind = Kind.INVALID
    chinese = "BIC 不是含國別的 8 或 11 個大寫字母與數字；請向該銀行確認。"


class MalformedLei(Refusal):
    """The LEI is not 20 capital letters and digits with right check digits; look it up at GLEIF."""

    code = "lei.malformed"
    kind = Kind.INVALID
    chinese = "LEI 不是檢查碼正確的 20 個大寫字母與數字；請至 GLEIF 查詢。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bic:
    text: str

    def __post_init__(self) -> None:
        invariant(_BIC.fullmatch(self.text), "a BIC from outside is made by Bic.parse")

    @classmethod
    def parse(cls, text: str) -> "Bic":
        # The library also takes spaces, small letters and full-width digits, hence the own check;
        # and it wants letters in front, where ISO 9362 has digits too since 2014.
        if _BIC.fullmatch(text) is None or not stdnum_bic.is_valid("XXXX" + text[4:]):
            raise MalformedBic
        return cls(text=text)

    @property
    def bank(self) -> str:
        return self.text[:4]

    @property
    def country(self) -> str:
        return self.text[4:6]

    @property
    def bic11(self) -> str:
        return self.text.ljust(11, "X")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lei:
    text: str

    def __post_init__(self) -> None:
        invariant(_LEI.fullmatch(self.text), "an LEI from outside is made by Lei.parse")

    @classmethod
    def parse(cls, text: str) -> "Lei":
        # The library checks the check digits only, not the length.
        if _LEI.fullmatch(text) is None or not stdnum_lei.is_valid(text):
            raise MalformedLei
        return cls(text=text)


_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
