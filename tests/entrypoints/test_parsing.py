"""Amounts as the command line shows them, and the rail's faults as it reads them."""

import pytest

from countersign.entrypoints.cli.command_line import parsed_from
from countersign.entrypoints.cli.parsing import amount_text
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.simulator.story import ATTACKS

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("units", "currency", "text"),
    [
        (0, "EUR", "0.00"),
        (5, "EUR", "0.05"),
        (-5, "EUR", "-0.05"),
        (-99, "EUR", "-0.99"),
        (123_456_789, "EUR", "1,234,567.89"),
        (-123_456, "EUR", "-1,234.56"),
        (-1_234, "JPY", "-1,234"),
    ],
)
def test_an_amount_has_its_sign_separators_and_all_decimals(
    units: int, currency: str, text: str
) -> None:
    assert amount_text(units, currency) == text


def test_faults_of_the_rail_are_read() -> None:
    asked = parsed_from(["run", "--rail-faults", "reject=0.1, lose_answer=1,delay_max_ms=20"])
    assert asked.rail_faults == Behaviour(reject=0.1, lose_answer=1.0, delay_max_ms=20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reject=2", "reject needs a number from 0 (never) to 1 (always), not 2"),
        ("reject=nan", "reject needs a number from 0 (never) to 1 (always), not nan"),
        ("lose_order=-0.1", "lose_order needs a number from 0 (never) to 1 (always), not -0.1"),
        ("reject=often", "reject needs a number from 0 (never) to 1 (always), not often"),
        ("reject", "reject needs a number from 0 (never) to 1 (always), not "),
        ("delay_max_ms=0.5", "delay_max_ms needs a whole number of milliseconds, a day at most"),
        ("delay_max_ms=86400001", "needs a whole number of milliseconds, a day at most, not 864"),
        ("foo=1", "foo is no fault of the rail; known are reject, lose_order, lose_answer, double"),
        ("says_in_process=1", "says_in_process is no fault of the rail; known are reject, "),
    ],
)
def test_a_wrong_fault_is_told_in_plain_words(
    text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed_from(["run", "--rail-faults", text])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_attacks_are_all_or_those_that_are_named() -> None:
    assert parsed_from(["simulate"]).attacks == []
    assert parsed_from(["simulate", "--attacks"]).attacks == list(ATTACKS)
    asked = ["--attacks", "mule_chain, insider", "--attacks", "structuring"]
    assert parsed_from(["simulate", *asked]).attacks == ["mule_chain", "insider", "structuring"]


@pytest.mark.parametrize(("text", "said"), [("mule", "'mule'"), ("insider,", "''"), ("", "''")])
def test_an_attack_that_nobody_knows_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    with pytest.raises(SystemExit):
        parsed_from(["simulate", "--attacks", text])
    told = capsys.readouterr().err
    assert f"{said} is no attack; there are account_takeover, dormant_account, insider," in told
    assert all(name in told for name in ATTACKS)
