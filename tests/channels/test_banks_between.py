"""The banks between: each is addressed or the payment is rejected; none is passed over unseen."""

import io

import pytest
from tests.support.pain001 import Payment, a_message, with_block

from countersign.channels.credit_transfers import check_message, read_instructions
from countersign.channels.model import Instruction, Rejected

pytestmark = pytest.mark.fast

KNOWN = "<FinInstnId><BICFI>BARCGB22</BICFI></FinInstnId>"
NOBODY = "<FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId>"


def read(payment: Payment, debtor_agent: str | None = None) -> Instruction | Rejected:
    message = with_block(a_message(payment), debtor_agent_xml=debtor_agent)
    stream = message.stream()
    assert isinstance(stream, io.BytesIO)
    checked = check_message(stream, schema_dir=None)
    (only,) = read_instructions(stream, checked, schema_dir=None)
    return only


def between(*agents: str) -> Payment:
    parts = [f"<IntrmyAgt{n}>{agent}</IntrmyAgt{n}>" for n, agent in enumerate(agents, start=1)]
    return Payment(creditor_agent_xml="".join(parts))


def test_they_stand_in_their_order() -> None:
    second = "<FinInstnId><ClrSysMmbId><MmbId>021</MmbId></ClrSysMmbId></FinInstnId>"
    read_ = read(between(KNOWN, second))
    assert isinstance(read_, Instruction)
    assert read_.intermediary_agents == "BARCGB22\n:021"


@pytest.mark.parametrize("agents", [(NOBODY,), (NOBODY, KNOWN), (KNOWN, NOBODY)])
def test_one_that_nobody_can_address_is_not_left_out(agents: tuple[str, ...]) -> None:
    """Without it the money would go another way than the one that was ordered."""
    rejected = read(between(*agents))
    assert isinstance(rejected, Rejected)
    assert rejected.refusal.code == "channels.unsupported_agent"
    assert rejected.element.endswith(f"IntrmyAgt{agents.index(NOBODY) + 1}/FinInstnId")


def test_the_debtors_bank_is_this_house_however_it_is_called() -> None:
    named = "<FinInstnId><Nm>The House</Nm></FinInstnId>"
    assert isinstance(read(Payment(), debtor_agent=named), Instruction)
