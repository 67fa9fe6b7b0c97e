"""A long file through the command: the process that reads it stays small, whatever the length.

Twenty thousand payments; a million in `make long`. Who orders one by one meanwhile is answered.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import psycopg
import pytest
from tests.channels.test_memory import _write
from tests.support.api import ALL, Api, account, an_api, an_order, key
from tests.support.shell import COMMAND, TODAY

PAYMENTS = int(os.environ.get("COUNTERSIGN_LONG_PAYMENTS") or 20_000)
PEAK_BYTES_MAX = 300_000_000
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
AMOUNT = "1.00"  # So little that no rule finds a million payments of one customer unusual.
GROWTH_BYTES_MAX = 300_000_000


def payments_between_customers() -> Iterator[str]:
    """Rows of a CSV file, all from one customer to all others in turn."""
    for number in range(PAYMENTS):
        yield f"N{number},{account(1 + number % (CUSTOMERS - 1))},Anna,{AMOUNT}\n"


def resident_bytes(pid: int) -> int:
    return int((Path("/proc") / str(pid) / "statm").read_text().split()[1]) * 4096


def is_posted(api: Api, number: int) -> bool:
    """Order one by one transfer, as somebody does who waits for the answer."""
    order = an_order(debtor_account=account(number % CUSTOMERS), instructed_amount=AMOUNT)
    with api.client() as client:
        answer = client.post("/v1/transfers", json=order, headers=key(f"single {number}"))
    return answer.status_code == HTTPStatus.CREATED


@pytest.mark.postgres
@pytest.mark.timeout(3600)
def test_who_orders_one_by_one_is_answered_beside_a_long_file(tmp_path: Path) -> None:
    file, mapping = tmp_path / "long.csv", tmp_path / "mapping.toml"
    with file.open("w", encoding="ascii") as target:
        target.write("Ref,To,Name,Sum\n")
        target.writelines(payments_between_customers())
    ours = MAPPING.replace("DE89370400440532013000", account(0)).replace("2027-03-31", TODAY)
    mapping.write_text(ours, "ascii")
    with an_api(accounts=CUSTOMERS) as api, ThreadPoolExecutor(1) as pool:
        before = resident_bytes(api.gate.process.pid)
        taking = pool.submit(
            peak_bytes,
            *("ingest", str(file), "--mapping", str(mapping), "--data", str(api.bed.folder)),
            COUNTERSIGN_TOKEN=ALL,
        )
        posted: list[bool] = []
        while not taking.done():
            posted.append(is_posted(api, len(posted)))
        assert taking.result() < PEAK_BYTES_MAX
        assert all(posted)
        assert len(posted) > PAYMENTS // 1000
        grown = resident_bytes(api.gate.process.pid) - before
        assert grown < GROWTH_BYTES_MAX
        with psycopg.connect(api.bed.database.superuser_dsn()) as connection:
            rows = connection.execute("SELECT status, count(*) FROM transfers.transfer GROUP BY 1")
            counts: dict[int, int] = dict(rows.fetchall())
    assert sum(counts.values()) == PAYMENTS + len(posted)
