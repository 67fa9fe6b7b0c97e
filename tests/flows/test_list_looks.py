"""Who looked at a transfer is found by the transfer, and by nothing that looks like it."""

import pytest
from tests.flows.test_reveal_parties import look_at
from tests.support.bank import Bank

from countersign.access.model import CONSOLE, OPERATOR, WORKER
from countersign.flows.list_looks import LOOKS_MAX, looks_at
from countersign.gate import commands
from countersign.gate.journal.looks import span_of

pytestmark = pytest.mark.postgres


def test_the_looks_at_a_transfer_are_listed_newest_first(bank: Bank) -> None:
    first, other = (answer.number for answer in bank.place(bank.order(), bank.order()))
    looks = [
        look_at(bank, first),
        look_at(bank, other),
        look_at(bank, first, by=OPERATOR),
        look_at(bank, first, by=WORKER),  # Refused: nothing was seen.
    ]
    seen = looks_at(bank.app, first)
    assert [(one.number, one.by) for one in seen] == [
        (looks[2].command, "operator"),
        (looks[0].command, "console"),
    ]
    assert [one.number for one in looks_at(bank.app, other)] == [looks[1].command]
    assert looks_at(bank.app, 10**6) == []


NUMBERS = (1, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**62 - 1)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("length", [0, 300, 70_000])
def test_a_number_of_any_width_is_found_by_itself_alone(number: int, length: int) -> None:
    body = commands.encode(commands.Reveal(number, b"r" * length))[:11]
    spans = [span_of(one) for one in NUMBERS]
    assert [
        one for one, (first, end) in zip(NUMBERS, spans, strict=True) if first <= body < end
    ] == [number]


def test_a_long_reason_fits_and_the_newest_are_told(bank: Bank) -> None:
    (placed,) = bank.place(bank.order())
    for _ in range(LOOKS_MAX + 1):
        bank.gate.do(commands.Reveal(placed.number, b"r" * 6_000), credential=CONSOLE)
    seen = looks_at(bank.app, placed.number)
    assert len(seen) == LOOKS_MAX
    assert [one.number for one in seen] == sorted((one.number for one in seen), reverse=True)
