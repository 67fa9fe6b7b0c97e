"""What a command's fields may hold on the wire."""

import msgspec
import pytest

from countersign.gate import commands
from countersign.gate.commands import Kind

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("code", ["ok", "settled", "", "a.", ".a", "a.b\n", "A.B"])
def test_what_was_refused_is_told_by_the_code_of_a_refusal(code: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        commands.decode(Kind.REFUSED_INTAKE, commands.encode(commands.RefusedIntake(code)))


@pytest.mark.parametrize("currency", ["EUR\n", "eur", "EURO", "EU", ""])
def test_a_currency_that_is_none_is_no_command(currency: str) -> None:
    fund = commands.Fund(b"\x01" * 16, 5, currency, b"")
    with pytest.raises(msgspec.ValidationError):
        commands.decode(Kind.FUND, commands.encode(fund))
