"""Account numbers here and elsewhere: valid IBANs of several countries, and others. Pure."""

from string import ascii_uppercase
from typing import Final

from countersign.kernel.money import exponent
from countersign.simulator.chance import Chance

# Bank code letters, then how many digits the country's number has after them.
_FORMS: Final = {
    "AT": (0, 16),
    "BE": (0, 12),
    "CH": (0, 17),
    "DE": (0, 18),
    "ES": (0, 20),
    "FR": (0, 23),
    "GB": (4, 14),
    "NL": (4, 10),
    "PL": (0, 24),
}
COUNTRIES: Final = tuple(_FORMS)
# What one euro is worth, in whole units: constant, so that amounts of the city can be added up.
_UNITS: Final = {"CHF": 1, "EUR": 1, "GBP": 1, "USD": 1}


def iban(country: str, chance: Chance) -> str:
    """A valid IBAN that belongs to nobody we know."""
    letters, digits = _FORMS[country]
    number = "".join(chance.choices(ascii_uppercase, k=letters)) + chance.digits(digits)
    rest = int("".join(str(int(c, 36)) for c in f"{number}{country}00")) % 97
    return f"{country}{98 - rest:02d}{number}"


def account_in(country: str, chance: Chance) -> str:
    """An account as people of a country write it; where there are no IBANs, a plain number."""
    if country in _FORMS:
        return iban(country, chance)
    return f"BBAN:{chance.digits(9)}{chance.digits(3)}"


def account_anywhere(chance: Chance) -> str:
    return account_in(chance.choice((*COUNTRIES, *COUNTRIES, "US")), chance)


def minor_units(euros: int, currency: str) -> int:
    """So many euros in the minor units of a currency."""
    return euros * _unit(currency)


def euros(units: int, currency: str) -> int:
    """The other way round, in whole euros."""
    return units // _unit(currency)


def _unit(currency: str) -> int:
    """One euro in minor units."""
    return _UNITS[currency] * int(10 ** exponent(currency))
