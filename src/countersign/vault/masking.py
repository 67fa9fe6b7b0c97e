"""Masks: what a person may see of a restricted value who need not see all of it.

Rules of this module:
1. A mask never shows a whole value, however short; what is too short to be shown in part is hidden.
2. A mask is for eyes only. It is never stored, compared or searched: `blind_index` does that.
3. Anything unexpected (no digits, no @, marks that change the direction of writing) is hidden.
"""

import unicodedata


def mask_name(name: str) -> str:
    """Show the first letter of each word: "Anna Okafor" gives "A*** O*****", 王小明 gives 王**."""
    return " ".join(_mask_word(word) for word in unicodedata.normalize("NFC", name).split())


def mask_account(identification: str) -> str:
    """Show the first 2 and last 4 characters of an account number, of a short one the last 2."""
    shown = "".join(identification.split())
    if not (shown.isascii() and shown.isprintable()):
        return _HIDDEN
    if len(shown) >= _ACCOUNT_LENGTH_MIN:
        return shown[:2] + "*" * (len(shown) - 6) + shown[-4:]
    if len(shown) >= _SHORT_LENGTH_MIN:
        return "*" * (len(shown) - 2) + shown[-2:]
    return _HIDDEN


def mask_phone(number: str) -> str:
    """Show the last 3 digits, and the plus sign of an international number."""
    digits = "".join(character for character in number if character in _DIGITS)
    if len(digits) < _SHORT_LENGTH_MIN:
        return _HIDDEN
    plus = "+" if number.strip().startswith("+") else ""
    return plus + "*" * (len(digits) - 3) + digits[-3:]


def mask_email(address: str) -> str:
    """Show the first letters and the top-level domain: "a***@e***.com"."""
    local, at, domain = address.strip().rpartition("@")
    name, dot, top = domain.rpartition(".")
    if not (at and local and dot and name and top.isascii() and top.isalpha()):
        return _HIDDEN
    return f"{_first_letter(local)}***@{_first_letter(name)}***.{top}"


def mask_text(text: str) -> str:
    """Hide free text wholly, its length too; nothing shows whether it says anything."""
    return _HIDDEN if text else ""


_HIDDEN = "********"
_DIGITS = "0123456789"
_ACCOUNT_LENGTH_MIN = 12  # Shorter ones would leave so few hidden that trying them all is easy.
_SHORT_LENGTH_MIN = 8


def _mask_word(word: str) -> str:
    letter = _first_letter(word)
    return letter + "*" * (len(word) - len(letter))


def _first_letter(word: str) -> str:
    """Give the first character if it is a letter and not the whole word."""
    return word[0] if len(word) > 1 and word[0].isalpha() else ""
