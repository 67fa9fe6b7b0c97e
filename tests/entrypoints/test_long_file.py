"""A long file through the command and the API: every process stays small, whatever the length.

Five thousand payments; in `make long` a million, and as many as the API takes in one file. Who
orders one by one meanwhile is answered; each payment is decided, booked and answered once.
"""

import csv
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg
import pytest
from lxml import etree
from tests.channels.test_memory import _write
from tests.support.api import ALL, Api, account, an_api, an_order, key
from tests.support.pain001 import Block, Message, Payment
from tests.support.shell import COMMAND, TODAY

from countersign.entrypoints.api.files import FILE_BYTES_MAX
from countersign.entrypoints.bench.crash import UNBALANCED
from countersign.entrypoints.child import ChildProcess, Readiness

PAYMENTS = int(os.environ.get("COUNTERSIGN_LONG_PAYMENTS") or 5_000)
PEAK_BYTES_MAX = 300_000_000
GROWTH_BYTES_MAX = 100_000_000
XML = {"content-type": "application/xml"}
MAPPING = """
[file]
known_by = "instruction_id"
[columns]
instruction_id = "Ref"
creditor_account = "To"
creditor_name = "Name"
amount = "Sum"
[constants]
currency = "EUR"
debtor_account = "DE89370400440532013000"
requested_execution_date = "2027-03-31"
"""


# What a process holds when it starts another counts as the other's too, so a small one starts it.
_STARTER = """
import resource, subprocess, sys
ended = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(ended.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_bytes(*arguments: str, **environment: str) -> int:
    """The most memory that a command ever held; it has to end well."""
    told = subprocess.run(
        [sys.executable, "-c", _STARTER, *COMMAND, *arguments],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env={**os.environ, **environment},
    )
    status, kilobytes = map(int, told.stdout.split())
    assert status == 0
    return kilobytes * 1024


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["pain.001", "csv"])
def test_a_long_file_is_tried_in_bounded_memory(tmp_path: Path, kind: str) -> None:
    file, mapping = tmp_path / "long", tmp_path / "mapping.toml"
    if kind == "csv":
        row = "N%d,FR1420041010050500013M02606,Anna,1.00\n"
        with file.open("w", encoding="ascii") as target:
            target.write("Ref,To,Name,Sum\n")
            target.writelines(row % number for number in range(PAYMENTS))
        mapping.write_text(MAPPING, "ascii")
        more = ["--mapping", str(mapping)]
    else:
        _write(file, payments=PAYMENTS, payments_per_block=1000)
        more = []
    assert peak_bytes("ingest", "--dry-run", str(file), *more) < PEAK_BYTES_MAX


CUSTOMERS = 60
ANSWERS = {"csv": "report.csv", "pain.001": "pain002.xml", "upload": "pain002.xml"}
UPLOADED = min(PAYMENTS, FILE_BYTES_MAX // 260)  # No payment below is longer.
TRANSFERS = "SELECT count(*), coalesce(sum(amount), 0)::bigint FROM transfers.transfer"
ONCE = "SELECT count(*) - count(DISTINCT key) FROM transfers.transfer"
# Each that was decided stands in the ledger once, with its amount and its debtor.
MISBOOKED = """
SELECT count(*) FROM transfers.transfer AS t
FULL JOIN (SELECT * FROM ledger.posting WHERE transfer > 0) AS p ON p.transfer = t.number
WHERE (t.amount, t.debtor) IS DISTINCT FROM (p.amount, p.debit_account)
"""
TOTALS = "SELECT totals FROM channels.file ORDER BY received_ms DESC, id DESC LIMIT 1"


def units(number: int) -> int:
    """An amount of its own, so small that no rule finds a million of one customer unusual."""
    return 50 + number % 101


def decimals(minor_units: int) -> str:
    return f"{minor_units // 100}.{minor_units % 100:02}"


def creditor(number: int) -> str:
    """All customers in turn but the first few, who order."""
    return account(10 + number % (CUSTOMERS - 10))


def write_csv(file: Path, *, count: int) -> None:
    with file.open("w", encoding="ascii") as target:
        target.write("Ref,To,Name,Sum\n")
        target.writelines(
            f"E{number},{creditor(number)},Anna,{decimals(units(number))}\n"
            for number in range(count)
        )


def write_message(file: Path, *, count: int, debtor: str) -> None:
    """A pain.001 with one block, its counts and sums stated."""
    total = decimals(sum(map(units, range(count))))
    payment = Payment(end_to_end_id="@", amount="#", creditor_account_xml="<CdtrAcct/>")
    block = Block(
        payments=(payment,),
        count=count,
        control_sum=total,
        execution_date=TODAY,
        debtor_account_xml=_other(debtor),
    )
    message = Message(blocks=(block,), count=count, control_sum=total, message_id=file.name)
    head, mark, rest = message.text().partition("<CdtTrfTxInf>")
    one, mark_end, end = rest.partition("</CdtTrfTxInf>")
    with file.open("w", encoding="ascii") as target:
        target.write(head)
        for number in range(count):
            ours = one.replace("@", f"E{number}").replace("#", decimals(units(number)))
            target.write(mark)
            target.write(
                ours.replace("<CdtrAcct/>", f"<CdtrAcct>{_other(creditor(number))}</CdtrAcct>")
            )
            target.write(mark_end)
        target.write(end)


def _other(text: str) -> str:
    scheme, _, number = text.partition(":")
    return f"<Id><Othr><Id>{number}</Id><SchmeNm><Cd>{scheme}</Cd></SchmeNm></Othr></Id>"


def told_by_csv(answer: Path) -> Iterator[tuple[str, str]]:
    """The id and the status of each payment in the answer to a CSV."""
    with answer.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["line"] != "file":
                yield row["instruction_id"], row["status"]


def told_by_report(answer: Path) -> Iterator[tuple[str, str]]:
    """The same in a pain.002."""
    for _, element in etree.iterparse(answer, tag="{*}TxInfAndSts"):
        yield element.findtext("{*}OrgnlEndToEndId") or "", element.findtext("{*}TxSts") or ""
        element.clear()
        while (before := element.getprevious()) is not None and before.tag == element.tag:
            element.getparent().remove(before)


def peak_of(child: ChildProcess[Readiness]) -> int:
    """The most memory that a running process ever held, in bytes."""
    status = (Path("/proc") / str(child.process.pid) / "status").read_text("ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def asked(api: Api, query: str) -> Any:
    with psycopg.connect(api.bed.database.superuser_dsn()) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row if row and len(row) > 1 else row and row[0]


def is_posted(api: Api, name: str, number: int) -> bool:
    """Order one by one transfer, as somebody does who waits for the answer."""
    order = an_order(debtor_account=account(number % CUSTOMERS), instructed_amount="1.00")
    with api.client() as client:
        answer = client.post("/v1/transfers", json=order, headers=key(f"{name} {number}"))
    return answer.status_code == HTTPStatus.CREATED


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with an_api(accounts=CUSTOMERS) as running:
        yield running


def test_a_file_as_large_as_any_that_is_no_message_is_refused_in_bounded_memory(api: Api) -> None:
    """All of it is kept, sealed, before it is looked at."""
    before = peak_of(api.process)
    row = f"N,{account(1)},Anna,1.00\n".encode() * 10_000
    pieces = (row for _ in range(FILE_BYTES_MAX // len(row)))
    with api.client() as client:
        answer = client.post("/v1/files", content=pieces, headers=XML, timeout=None)
    assert answer.json()["refusal"] == "iso20022.not_xml"
    assert peak_of(api.process) - before < GROWTH_BYTES_MAX
    assert peak_of(api.process) < PEAK_BYTES_MAX
    assert peak_of(api.gate) < PEAK_BYTES_MAX


def ingested(api: Api, file: Path, *more: str) -> None:
    """Take a file in by the command."""
    data = str(api.bed.folder)
    peak = peak_bytes("ingest", str(file), "--data", data, *more, COUNTERSIGN_TOKEN=ALL)
    assert peak < PEAK_BYTES_MAX


def uploaded(api: Api, file: Path, answer: Path) -> None:
    """The same through the API."""
    with api.client(accept="application/xml") as client, file.open("rb") as content:
        sent = client.stream("POST", "/v1/files", content=content, headers=XML, timeout=None)
        with sent as told, answer.open("wb") as target:
            assert told.status_code == HTTPStatus.OK
            target.writelines(told.iter_bytes())


@pytest.mark.postgres
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("way", ["csv", "pain.001", "upload"])
def test_a_long_file_is_decided_once_beside_who_orders_one_by_one(
    api: Api, tmp_path: Path, way: str
) -> None:
    file, count = tmp_path / f"{way}.long", UPLOADED if way == "upload" else PAYMENTS
    mapping, answer = tmp_path / "mapping.toml", tmp_path / f"{file.name}.{ANSWERS[way]}"
    before = asked(api, TRANSFERS)
    if way == "csv":
        ours = MAPPING.replace("DE89370400440532013000", account(0)).replace("2027-03-31", TODAY)
        mapping.write_text(ours, "ascii")
        write_csv(file, count=count)
    else:
        write_message(file, count=count, debtor=account(1 + (way == "upload")))
    posted: list[bool] = []
    with ThreadPoolExecutor(1) as pool:
        if way == "upload":
            taking = pool.submit(uploaded, api, file, answer)
        else:
            more = ["--mapping", str(mapping)] if way == "csv" else []
            taking = pool.submit(ingested, api, file, *more)
        while not taking.done():
            posted.append(is_posted(api, way, len(posted)))
        taking.result()
    assert all(posted)
    assert len(posted) > count // 1000
    check_each_was_decided_once(api, before, count=count, posted=len(posted))
    told = Counter(told_by_csv(answer) if way == "csv" else told_by_report(answer))
    assert set(told) == {(f"E{number}", "ACSC") for number in range(count)}
    assert told.total() == count
    for process in (api.process, api.gate):
        assert peak_of(process) < PEAK_BYTES_MAX


def check_each_was_decided_once(api: Api, before: Any, *, count: int, posted: int) -> None:
    total = sum(map(units, range(count)))
    rows, amount = asked(api, TRANSFERS)
    assert (rows - before[0], amount - before[1]) == (count + posted, total + 100 * posted)
    assert asked(api, TOTALS) == f"EUR={decimals(total)}"
    assert asked(api, ONCE) == asked(api, MISBOOKED) == asked(api, UNBALANCED) == 0
