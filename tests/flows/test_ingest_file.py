"""What a file leaves in the log beside its orders: a leaf for a refused file, and for each payment.

The keys are written down once more here: they are what makes the same bytes leave one leaf.
"""

import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import pytest
from tests.support.bank import Bank
from tests.support.gate import TODAY
from tests.support.pacs008 import Interbank, InterbankMessage
from tests.support.pain001 import Block, Message, Payment

from countersign.channels.files import MessageFiles
from countersign.channels.model import ReportHead
from countersign.flows.ingest_file import Ingested, ingest_file
from countersign.gate import commands
from countersign.gate.commands import Answer, Kind, RefusedIntake
from countersign.gate.preparation import Preparation
from countersign.gate.requests import Item
from countersign.kernel.money import MINOR_UNITS_MAX

pytestmark = pytest.mark.postgres

BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
WRONG_IBAN = "<CdtrAcct><Id><IBAN>FR1420041010050500013M02607</IBAN></Id></CdtrAcct>"


@dataclass
class ChannelEnd:
    """The channel's socket of the bank's gate."""

    bank: Bank
    preparation: Preparation
    asked: list[Item] = field(default_factory=list)

    def submit(self, items: list[Item]) -> list[Answer]:
        self.asked += items
        for submission in self.preparation.prepare(self.bank.gate.channel, items):
            self.bank.gate.engine.submit(submission)
        self.bank.gate.engine.drain()
        return [self.bank.gate.answers[item.key] for item in items]

    def ingest(self, content: bytes) -> Ingested:
        return ingest_file(
            io.BytesIO(content),
            gate=self,
            report=io.BytesIO(),
            head=ReportHead(message_id="REPORT", created_ms=self.bank.gate.clock.now),
            kind=MessageFiles(None),
        )

    def leaves(self) -> list[tuple[Any, ...]]:
        """What stands in the log of the channel's own that is no order."""
        return self.bank.app.execute(
            "SELECT kind, key, outcome, body FROM gate.command WHERE credential = %s"
            " ORDER BY number",
            [self.bank.gate.channel],
        ).fetchall()

    def size(self) -> int:
        return self.bank.gate.engine.state.log.size


@pytest.fixture
def channel(bank: Bank) -> ChannelEnd:
    bank.app.autocommit = True
    return ChannelEnd(bank, Preparation(bank.keys, bank.accounts))


def a_leaf(key: bytes, code: str) -> tuple[Any, ...]:
    return int(Kind.REFUSED_INTAKE), key, code, commands.encode(RefusedIntake(code))


def file_key(content: bytes) -> bytes:
    return sha256(b"countersign/refused-file/v1\x00" + content).digest()[:16]


def payment_key(message_id: str, block_id: str, position: int) -> bytes:
    parts = "\x00".join((message_id, block_id, str(position)))
    return sha256(b"countersign/pain.001/v1\x00" + parts.encode()).digest()[:16]


def a_message(*payments: Payment) -> bytes:
    today = (date(1970, 1, 1) + timedelta(days=TODAY)).isoformat()
    return Message(blocks=(Block(payments=payments, execution_date=today),)).bytes()


def test_a_file_that_is_refused_whole_leaves_one_leaf_with_its_code(channel: ChannelEnd) -> None:
    short = Message(count=2).bytes()
    before = channel.size()
    assert channel.ingest(BOMB).refusal == "iso20022.doctype"
    refused = channel.ingest(short).refusal
    assert refused
    assert channel.leaves() == [
        a_leaf(file_key(BOMB), "iso20022.doctype"),
        a_leaf(file_key(short), refused),
    ]
    assert channel.size() == before + 2


def test_the_same_bytes_leave_one_leaf_and_other_bytes_another(channel: ChannelEnd) -> None:
    before = channel.size()
    for content in (BOMB, BOMB, BOMB + b"\n", BOMB):
        channel.ingest(content)
    assert [row[1] for row in channel.leaves()] == [file_key(BOMB), file_key(BOMB + b"\n")]
    assert channel.size() == before + 2


def test_each_rejected_payment_leaves_a_leaf_with_its_own_code(channel: ChannelEnd) -> None:
    content = a_message(
        Payment(end_to_end_id="good"),
        Payment(end_to_end_id="bad account", creditor_account_xml=WRONG_IBAN),
        Payment(end_to_end_id="bad currency", currency="XQQ"),
        Payment(end_to_end_id="bad order", amount="1.00", creditor_name="a\u202eb"),
    )
    said = channel.ingest(content)
    assert said.statuses["RJCT"] == 3
    wanted = [
        a_leaf(payment_key("MSG-1", "BLOCK-1", 2), "account.malformed_iban"),
        a_leaf(payment_key("MSG-1", "BLOCK-1", 3), "money.unknown_currency"),
        a_leaf(payment_key("MSG-1", "BLOCK-1", 4), "transfers.control_character"),
    ]
    assert channel.leaves() == wanted
    order = next(item for item in channel.asked if item.kind == Kind.ORDER)
    assert order.key == payment_key("MSG-1", "BLOCK-1", 1)
    size = channel.size()
    assert channel.ingest(content) == said
    assert (channel.leaves(), channel.size()) == (wanted, size)


def test_a_payment_between_banks_has_a_key_of_its_own_kind(channel: ChannelEnd) -> None:
    today = (date(1970, 1, 1) + timedelta(days=TODAY)).isoformat()
    on_day = f"<IntrBkSttlmDt>{today}</IntrBkSttlmDt>"
    content = InterbankMessage(
        payments=(Interbank(), Interbank(date_xml="", ids_xml="<EndToEndId>E2</EndToEndId>")),
        sums_xml="",
    ).bytes()
    content = content.replace(b"<IntrBkSttlmDt>2027-03-31</IntrBkSttlmDt>", on_day.encode())
    said = channel.ingest(content)
    assert (said.statuses, said.report) == ({"ACSP": 1, "RJCT": 1}, "pacs002.xml")
    key = [sha256(b"countersign/pacs.008/v1\x00MSG-1\x00%d" % n).digest()[:16] for n in (1, 2)]
    assert [item.key for item in channel.asked] == key
    assert channel.leaves() == [a_leaf(key[1], "channels.missing_settlement_date")]
    size = channel.size()
    assert channel.ingest(content) == said
    assert channel.size() == size


def test_a_total_beyond_one_transfer_is_told_as_any_other(channel: ChannelEnd) -> None:
    for _ in range(3):
        assert channel.bank.gate.fund(2, MINOR_UNITS_MAX).outcome == "ok"
    most = "10000000000000.00"
    done = channel.ingest(a_message(Payment(amount=most), Payment(amount=most)))
    assert (done.refusal, done.payments, done.message_id is None) == (None, 2, False)
    assert done.totals == {"EUR": "20000000000000.00"}
