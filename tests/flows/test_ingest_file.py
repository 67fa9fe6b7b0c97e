"""What a file leaves in the log beside its orders: a leaf of its own, and of what is refused.

The keys are written down once more here: they are what makes the same bytes leave one leaf, and
other bytes under a message id that was used a refusal of the whole file.
"""

import io
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import pytest
from tests.support.bank import Bank
from tests.support.gate import TODAY
from tests.support.pacs008 import Interbank, InterbankMessage
from tests.support.pain001 import CREDITOR_IBAN, DEBTOR_IBAN, Block, Message, Payment

from countersign.channels.csv_files import CsvFiles
from countersign.channels.files import FileKind, MessageFiles
from countersign.channels.mapping import read_mapping
from countersign.channels.model import ReportHead
from countersign.flows.ingest_file import Ingested, ingest_file
from countersign.gate import commands
from countersign.gate.commands import Answer, Kind, ReceiveFile, RefusedIntake
from countersign.gate.preparation import Preparation
from countersign.gate.requests import Item
from countersign.kernel.money import MINOR_UNITS_MAX

pytestmark = pytest.mark.postgres

BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
DAY = (date(1970, 1, 1) + timedelta(days=TODAY)).isoformat()
WRONG_IBAN = "<CdtrAcct><Id><IBAN>FR1420041010050500013M02607</IBAN></Id></CdtrAcct>"


@dataclass
class ChannelEnd:
    """The channel's socket of the bank's gate."""

    bank: Bank
    preparation: Preparation
    other: int = 0  # A credential beside the bank's usual one.
    asked: list[Item] = field(default_factory=list)
    report: bytes = b""

    @property
    def credential(self) -> int:
        return self.other or self.bank.gate.channel

    def submit(self, items: list[Item]) -> list[Answer]:
        self.asked += items
        for submission in self.preparation.prepare(self.credential, items):
            self.bank.gate.engine.submit(submission)
        self.bank.gate.engine.drain()
        return [self.bank.gate.answers[item.key] for item in items]

    def ingest(self, content: bytes, kind: FileKind | None = None) -> Ingested:
        report = io.BytesIO()
        said = ingest_file(
            io.BytesIO(content),
            gate=self,
            report=report,
            head=ReportHead(message_id="REPORT", created_ms=self.bank.gate.clock.now),
            kind=kind or MessageFiles(None),
        )
        self.report = report.getvalue()
        return said

    def leaves(self) -> list[tuple[Any, ...]]:
        """What stands in the log of the channel's own that is no order."""
        return self.bank.app.execute(
            "SELECT kind, key, outcome, body FROM gate.command WHERE credential = %s"
            " ORDER BY number",
            [self.credential],
        ).fetchall()

    def orders(self) -> int:
        query = "SELECT count(*) FROM transfers.transfer"
        return int(self.bank.app.execute(query).fetchall()[0][0])

    def size(self) -> int:
        return self.bank.gate.engine.state.log.size


@pytest.fixture
def channel(bank: Bank) -> ChannelEnd:
    bank.app.autocommit = True
    return ChannelEnd(bank, Preparation(bank.keys, bank.accounts))


def a_leaf(key: bytes, code: str) -> tuple[Any, ...]:
    return int(Kind.REFUSED_INTAKE), key, code, commands.encode(RefusedIntake(code))


def a_claim(content: bytes, name: str = "pain.001", message_id: str = "MSG-1") -> tuple[Any, ...]:
    key = sha256(f"countersign/file/v1\x00{name}\x00{message_id}".encode()).digest()[:16]
    body = commands.encode(ReceiveFile(sha256(content).digest()))
    return int(Kind.RECEIVE_FILE), key, "ok", body


def file_key(content: bytes) -> bytes:
    return sha256(b"countersign/refused-file/v1\x00" + content).digest()[:16]


def payment_key(message_id: str, block_id: str, position: int) -> bytes:
    parts = "\x00".join((message_id, block_id, str(position)))
    return sha256(b"countersign/pain.001/v1\x00" + parts.encode()).digest()[:16]


def a_message(*payments: Payment) -> bytes:
    return in_blocks(Block(payments=payments))


def in_blocks(*blocks: Block, **header: Any) -> bytes:
    dated = tuple(replace(block, execution_date=DAY) for block in blocks)
    return Message(blocks=dated, **header).bytes()


def between_banks(*payments: Interbank) -> bytes:
    content = InterbankMessage(payments=payments, sums_xml="").bytes()
    return content.replace(b"2027-03-31</IntrBkSttlmDt>", f"{DAY}</IntrBkSttlmDt>".encode())


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
        a_claim(content),
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
    second = Interbank(date_xml="", ids_xml="<EndToEndId>E2</EndToEndId>")
    content = between_banks(Interbank(), second)
    said = channel.ingest(content)
    assert (said.statuses, said.report) == ({"ACSP": 1, "RJCT": 1}, "pacs002.xml")
    key = [sha256(b"countersign/pacs.008/v1\x00MSG-1\x00%d" % n).digest()[:16] for n in (1, 2)]
    claim = a_claim(content, "pacs.008")
    assert [item.key for item in channel.asked] == [claim[1], *key]
    assert channel.leaves() == [claim, a_leaf(key[1], "channels.missing_settlement_date")]
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


FIRST = Payment(end_to_end_id="E1", amount="1.00")
USED = Block(payments=(FIRST,))
OTHERS = {
    "other payments in another block": (
        Block(block_id="BLOCK-2", payments=(replace(FIRST, amount="5.00"),)),
    ),
    "a payment changed and one added": (
        replace(USED, payments=(replace(FIRST, amount="5.00"), Payment(end_to_end_id="E2"))),
    ),
    "one added, nothing changed": (replace(USED, payments=(FIRST, Payment(end_to_end_id="E2"))),),
}


@pytest.mark.parametrize("blocks", OTHERS.values(), ids=OTHERS)
def test_another_file_with_a_message_id_that_was_used_is_refused_whole(
    channel: ChannelEnd, blocks: tuple[Block, ...]
) -> None:
    good, other = in_blocks(USED), in_blocks(*blocks)
    said = channel.ingest(good)
    assert (said.statuses, channel.orders()) == ({"ACSP": 1}, 1)
    for _ in range(2):
        refused = channel.ingest(other)
        assert (refused.refusal, refused.group_status, refused.payments, refused.report) == (
            *("channels.duplicate_message_id", "RJCT", 0, "pain002.xml"),
        )
        assert b"<OrgnlMsgId>MSG-1</OrgnlMsgId>" in channel.report
        assert b"<Cd>DU01</Cd>" in channel.report
        assert b"<TxSts>" not in channel.report
    assert channel.orders() == 1
    assert channel.leaves() == [
        a_claim(good),
        a_leaf(file_key(other), "channels.duplicate_message_id"),
    ]
    size = channel.size()
    assert channel.ingest(good) == said
    assert (channel.orders(), channel.size()) == (1, size)


def test_a_message_id_is_used_by_one_sender_and_in_one_kind_of_message(channel: ChannelEnd) -> None:
    channel.ingest(in_blocks(USED))
    assert channel.ingest(in_blocks(USED, message_id="MSG-2")).statuses == {"ACSP": 1}
    assert channel.ingest(between_banks(Interbank())).statuses == {"ACSP": 1}
    channel.other = channel.bank.gate.create_credential("web")
    assert channel.ingest(in_blocks(USED, USED)).statuses == {"ACSP": 2}
    assert channel.orders() == 5


def test_what_ended_between_a_file_and_its_first_payment_goes_on(
    channel: ChannelEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, content = channel.submit, in_blocks(USED)

    def killed(items: list[Item]) -> list[Answer]:
        if items[0].kind == Kind.ORDER:
            raise KeyboardInterrupt
        return submit(items)

    monkeypatch.setattr(channel, "submit", killed)
    with pytest.raises(KeyboardInterrupt):
        channel.ingest(content)
    assert (channel.orders(), channel.leaves()) == (0, [a_claim(content)])
    monkeypatch.undo()
    for _ in range(2):
        assert channel.ingest(content).statuses == {"ACSP": 1}
    assert (channel.orders(), channel.leaves()) == (1, [a_claim(content)])


def test_a_file_that_was_refused_whole_has_not_used_its_message_id(channel: ChannelEnd) -> None:
    wrong, right = in_blocks(USED, control_sum="7.00"), in_blocks(USED, control_sum="1.00")
    assert channel.ingest(wrong).refusal == "channels.wrong_control_sum"
    assert channel.ingest(right).statuses == {"ACSP": 1}
    assert channel.leaves() == [
        a_leaf(file_key(wrong), "channels.wrong_control_sum"),
        a_claim(right),
    ]


def test_a_csv_file_is_its_bytes_so_a_corrected_one_is_another(channel: ChannelEnd) -> None:
    columns = ("instruction_id", "amount", "creditor_account", "creditor_name")
    constants = f'currency = "EUR"\ndebtor_account = "{DEBTOR_IBAN}"'
    mapping = (
        f'[file]\nknown_by = "instruction_id"\n[constants]\n{constants}\n'
        f'requested_execution_date = "{DAY}"\n[columns]\n'
        + "".join(f'{column} = "{column}"\n' for column in columns)
    )
    kind = CsvFiles(read_mapping(mapping.encode()))
    row = f"1.00,{CREDITOR_IBAN},Anna\n"
    first = (",".join(columns) + f"\nA,{row}").encode()
    more = first + f"B,{row}".encode()
    said = channel.ingest(first, kind)
    assert (said.statuses, channel.ingest(first, kind)) == ({"ACSP": 1}, said)
    assert channel.ingest(more, kind).statuses == {"ACSP": 2}
    assert channel.orders() == 2
    assert [leaf[::3] for leaf in channel.leaves()] == [
        a_claim(content)[::3] for content in (first, more)
    ]
