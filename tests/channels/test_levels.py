"""What a file may say for a block or for a payment, it may not say of both in two ways."""

from dataclasses import replace

import pytest
from tests.support.pain001 import Block, Message, Payment

from countersign.channels.credit_transfers import check_message, read_instructions
from countersign.channels.model import Instruction, Rejected

pytestmark = pytest.mark.fast

HIGH = "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>"
NORMAL = "<PmtTpInf><InstrPrty>NORM</InstrPrty></PmtTpInf>"


def read(of_block: str, of_payment: str) -> Instruction | Rejected:
    payment = Payment(kind_xml=of_payment)
    stream = Message(blocks=(replace(Block(payments=(payment,)), kind_xml=of_block),)).stream()
    checked = check_message(stream, schema_dir=None)
    (only,) = read_instructions(stream, checked, schema_dir=None)
    return only


def test_two_levels_that_differ_are_rejected_by_name() -> None:
    for pair in ((HIGH, NORMAL), (NORMAL, HIGH)):
        found = read(*pair)
        assert isinstance(found, Rejected)
        assert found.refusal.code == "channels.contradictory_levels"
        assert found.refusal.details == {"element": "PmtTpInf/InstrPrty"}


@pytest.mark.parametrize("pair", [(HIGH, HIGH), (HIGH, ""), ("", HIGH)])
def test_two_levels_that_agree_are_one(pair: tuple[str, str]) -> None:
    found = read(*pair)
    assert isinstance(found, Instruction)
    assert found.instruction_priority == "HIGH"
