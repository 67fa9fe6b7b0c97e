"""Real pain.001 and pacs.008 samples from file to settlement: over gate, worker and rail.

The samples are years old. As they are they are refused for their dates; with today's date in their
place they settle. What else is refused, and why: tests/channels, test_samples, test_other_samples.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

import pytest
from tests.channels.test_other_samples import EXPECTED as INTERBANK
from tests.channels.test_samples import EXPECTED as CUSTOMER
from tests.support.house import House
from tests.support.shared import shared_data

from countersign.accounts.model import AccountKind
from countersign.channels.credit_transfers import check_message, read_instructions
from countersign.channels.files import MessageFiles
from countersign.channels.model import Instruction, ReportHead
from countersign.entrypoints.bench.bed import a_bed
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.flows.ingest_file import Ingested, ingest_file
from countersign.gate.client import GateClient
from countersign.gate.commands import Kind
from countersign.gate.requests import OpenAccountRequest, ReleaseRequest
from countersign.infra.clock import SystemClock
from countersign.kernel.account import canonical
from countersign.transfers.model import Status

# Those of which a payment is read at all, be it only to reject it.
EXPECTED: dict[str, int | list[str]] = {
    **{name: expected for name, expected in CUSTOMER.items() if not isinstance(expected, str)},
    **{name: 1 for name, outcome in INTERBANK.items() if outcome == "1"},
}
SAMPLES = list(EXPECTED)
OVERDRAFT = 10**14
SETTLED = "SELECT count(*) FROM gate.command WHERE outcome = 'settled' AND transfer = ANY(%s)"
DATE = re.compile(rb"(<(?:ReqdExctnDt>(?:\s*<Dt(?:Tm)?>)?|IntrBkSttlmDt>))\d{4}-\d{2}-\d{2}")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    shared_data("iso20022/samples")
    with a_bed(name="samples") as bed:
        made = House(bed, Behaviour(delay_max_ms=50))
        with made.database:
            yield made


def payments_of(stream: BinaryIO) -> list[Instruction]:
    checked = check_message(stream, schema_dir=None)
    read = list(read_instructions(stream, checked, schema_dir=None))
    stream.seek(0)
    return [payment for payment in read if isinstance(payment, Instruction)]


def open_accounts(operator: GateClient, payments: list[Instruction]) -> None:
    """The debtors' accounts and a settlement account of each currency, where not yet there."""
    for payment in payments:
        currency = payment.amount.currency
        wanted = [
            (AccountKind.SETTLEMENT, f"OTHR::RAIL-{currency}", "Rail", 0),
            (AccountKind.CUSTOMER, canonical(payment.debtor_account), "Debtor", OVERDRAFT),
        ]
        for kind, reference, holder, overdraft in wanted:
            request = OpenAccountRequest(kind, currency, reference, holder, overdraft)
            answer = operator.ask(Kind.OPEN_ACCOUNT, request)
            assert answer.outcome in {"ok", "accounts.exists", "accounts.settlement_exists"}, answer


def ingested(house: House, content: bytes) -> tuple[Ingested, str]:
    now_ms = SystemClock().now_ms()
    report = io.BytesIO()
    with house.bed.channel_client() as gate:
        result = ingest_file(
            io.BytesIO(content),
            gate=gate,
            report=report,
            head=ReportHead(message_id=f"R{now_ms}", created_ms=now_ms),
            kind=MessageFiles(None),
        )
    return result, report.getvalue().decode()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_runs_from_file_to_settlement(house: House, name: str) -> None:
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date().isoformat()
    content = (shared_data("iso20022/samples") / name).read_bytes()
    current = DATE.sub(rb"\g<1>" + today.encode(), content)
    # Some samples are one message in two versions; each is to be a message of its own.
    number = SAMPLES.index(name)
    current = re.sub(rb"(<MsgId>)[^<]+", rb"\g<1>SAMPLE-%d" % number, current)
    uetr = b"%08x-0000-4000-8000-000000000000" % number
    current = re.sub(rb"(<UETR>)[^<]+", rb"\g<1>" + uetr, current)
    first = house.count("SELECT coalesce(max(first_number + leaves), 0) FROM gate.batch")
    with house.bed.operator() as operator:
        open_accounts(operator, payments_of(io.BytesIO(current)))
        result, report = ingested(house, current)
        assert result.refusal is None
        orders: list[Any] = house.database.execute(
            "SELECT number, status FROM transfers.transfer WHERE number >= %s", [first]
        ).fetchall()
        expected = EXPECTED[name]
        if isinstance(expected, list):
            codes = [refusal.partition(" ")[2] for refusal in expected]
            assert (orders, re.findall(r"<Cd>(\w+)</Cd>", report)) == ([], codes)
            return
        assert "RJCT" not in report, report
        assert current != content
        assert len(orders) == expected == result.payments
        for number, status in orders:
            if status == Status.HELD:
                answer = operator.ask(Kind.RELEASE, ReleaseRequest(number, number, "known payee"))
                assert answer.outcome == "released"
    # By the rail's word; or without a rail, where the creditor has an account here as well.
    left = [number for number, status in orders if status != Status.SETTLED]
    house.wait_until(lambda: house.count(SETTLED, left) == len(left))


def test_the_samples_as_they_are_are_refused_for_their_dates(house: House) -> None:
    outcomes: Counter[str] = Counter()
    for name in [name for name in SAMPLES if isinstance(EXPECTED[name], int)]:
        content = (shared_data("iso20022/samples") / name).read_bytes()
        result, report = ingested(house, content)
        assert (result.group_status, set(result.statuses) - {"RJCT"}) == ("RJCT", set()), name
        outcomes.update(re.findall(r"<Cd>(\w+)</Cd>", report))
    assert outcomes["DT01"] > len(CUSTOMER) // 3
    # Some samples are one message in two versions, so the second has a message id that was used.
    assert set(outcomes) == {"DT01", "DU01"}
