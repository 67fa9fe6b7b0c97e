"""What a command's fields may hold on the wire."""

import msgspec
import pytest

from countersign.access.model import Permission
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


@pytest.mark.parametrize(
    "permissions", [[*Permission, Permission.GATE_TICK], [Permission.GATE_TICK] * 2]
)
def test_a_credential_has_each_permission_once_at_most(permissions: list[Permission]) -> None:
    body = msgspec.msgpack.encode([0, "erp", b"v" * 32, permissions, True])
    with pytest.raises(msgspec.ValidationError):
        commands.decode(Kind.SET_CREDENTIAL, body)


@pytest.mark.parametrize(
    "name", ["a\x00", "\n", "a\n", "a\x1b[31m", "a\x9b", "a\u202eb", "a\u200bb"]
)
def test_a_name_is_one_line_that_shows_what_it_is(name: str) -> None:
    """A NUL would make the batch fail that keeps it."""
    body = msgspec.msgpack.encode([0, name, b"v" * 32, [], True])
    with pytest.raises(msgspec.ValidationError):
        commands.decode(Kind.SET_CREDENTIAL, body)


@pytest.mark.parametrize("name", ["erp", "Größe 國際", "a b"])
def test_a_name_may_be_of_any_script(name: str) -> None:
    body = msgspec.msgpack.encode([0, name, b"v" * 32, list(Permission), True])
    assert commands.decode(Kind.SET_CREDENTIAL, body).kind == Kind.SET_CREDENTIAL
