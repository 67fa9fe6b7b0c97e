"""`ingest`, API and gate killed within files: each payment decided once, one report left."""

import contextlib
import csv
import fcntl
import os
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg
import pytest
from lxml import etree
from tests.entrypoints.test_ingest_kinds import MAPPING, ON_DAY
from tests.support.pacs008 import Interbank, InterbankMessage
from tests.support.pain001 import DEBTOR_IBAN, Payment
from tests.support.postgres import reachable_folder
from tests.support.shell import COMMAND, Shell, a_file

from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.entrypoints.gate.process import GateProcess

# Who is killed after how many payments were told: within a frame of 500 and at its ends, where the
# next one is at the gate; a last frame is left. Who was not killed goes on.
MOMENTS = [
    ("ingest", 1),
    ("gate", 250),
    ("both", 499),
    ("ingest", 500),
    ("gate", 501),
    ("both", 1000),
    ("ingest", 1250),
    ("gate", 1600),
    ("ingest", 1999),
    ("both", 2200),
]
FEW_MOMENTS = [("ingest", 499), ("gate", 500), ("both", 800)]
# The register's end of a file, in the transaction before its report is given its name.
WRITTEN_LAST = "channels.file_part"
PAUSES = 1000
A_PIPE = 4096  # Bytes; the process is never far ahead of what was read here.


class Long(NamedTuple):
    """A file of many payments, and who is killed in the middle of it."""

    name: str
    payments: int
    moments: list[tuple[str, int]]
    report: str  # What its answer's name ends with.


FILES = [
    Long("long.xml", 3000, MOMENTS, "pain002.xml"),
    Long("interbank.xml", 1500, FEW_MOMENTS, "pacs002.xml"),
    Long("long.csv", 1500, FEW_MOMENTS, "report.csv"),
]


class House:
    """An instance whose gate may be killed: one customer with money, and a saved credential."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.gate: GateProcess = bed.gate()
        self.gate.start()
        bed.populate(0)
        self.shell = Shell(bed.folder)
        self.shell.call("accounts", "open", DEBTOR_IBAN, "EUR", "--holder", "Ada")
        self.shell.call("accounts", "fund", DEBTOR_IBAN, "9000000.00", "EUR", "--reason", "opening")
        self.shell.call("credential", "create", "erp", "--save")

    def restart_gate(self) -> None:
        self.gate.kill()
        self.gate = self.bed.gate()
        self.gate.start()

    def ordered(self) -> int:
        """How many transfers there are; no key of a request stands at two."""
        with psycopg.connect(self.bed.database.superuser_dsn()) as connection:
            query = "SELECT count(*), count(DISTINCT key) FROM transfers.transfer"
            count, once = connection.execute(query).fetchone() or (0, 0)
        assert count == once
        return int(count)

    @contextlib.contextmanager
    def locked(self, table: str) -> Iterator[Callable[[], None]]:
        """Whoever writes to a table waits until the end; what is given returns once one does."""
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
        pause = threading.Event()
        with psycopg.connect(self.bed.database.superuser_dsn()) as connection:
            connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE".encode())

            def until_one_waits() -> None:
                for _ in range(PAUSES):
                    if connection.execute(waits, [table]).fetchone() != (0,):
                        return
                    pause.wait(0.02)
                raise AssertionError(f"nobody writes to {table}")

            yield until_one_waits
            connection.rollback()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with a_bed(name="killed") as bed:
        yield House(bed)


@pytest.fixture(scope="module")
def shell(house: House) -> Shell:
    return house.shell


class Ingesting:
    """`ingest` at work, as far as its lines were read."""

    def __init__(self, *words: str) -> None:
        self._process = subprocess.Popen([*COMMAND, "ingest", *words], stdout=subprocess.PIPE)
        assert self._process.stdout
        self._out = self._process.stdout
        self._lines = 0
        fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, A_PIPE)

    def read_to(self, lines: int) -> None:
        while self._lines < lines:
            assert self._out.readline()
            self._lines += 1

    def kill(self) -> None:
        self._process.kill()
        self._out.close()
        assert self._process.wait(timeout=60) == -9


def written(folder: Path, file: Long) -> list[str]:
    """Write the file; the command's words for it."""
    path, mapping = folder / file.name, folder / "mapping.toml"
    numbers = range(file.payments)
    if file.name == "long.xml":
        a_file(folder, file.name, *numbered(file.payments))
    elif file.name == "interbank.xml":
        ids = "<EndToEndId>E{0}</EndToEndId><TxId>T{0}</TxId>"
        payments = tuple(
            Interbank(ids_xml=ids.format(n), amount=f"{n + 1}.00", date_xml=ON_DAY) for n in numbers
        )
        path.write_bytes(InterbankMessage(payments=payments, message_id=file.name).bytes())
    else:
        mapping.write_text(MAPPING, "utf-8")
        rows = [f"E{n},FR1420041010050500013M02606,Anna,{n + 1}.00" for n in numbers]
        path.write_text("\n".join(["Reference,IBAN,Payee,Amount", *rows]), "utf-8")
        return [str(path), "--mapping", str(mapping)]
    return [str(path)]


def numbered(count: int) -> list[Payment]:
    return [Payment(end_to_end_id=f"E{n}", amount=f"{n + 1}.00") for n in range(count)]


def ids(count: int) -> Counter[str]:
    return Counter(f"E{n}" for n in range(count))


def told(report: Path) -> Counter[str]:
    """The ids of the payments that an answer tells of."""
    if report.suffix == ".xml":
        found = etree.parse(str(report)).iterfind(".//{*}OrgnlEndToEndId")
        return Counter(each.text or "" for each in found)
    with report.open(newline="", encoding="utf-8") as rows:
        return Counter(
            row["instruction_id"] for row in csv.DictReader(rows) if row["line"] != "file"
        )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_payment_is_decided_once_and_there_is_one_report(
    house: House, folder: Path, file: Long
) -> None:
    words = written(folder, file)
    before = house.ordered()
    beside = {each.name for each in folder.iterdir()}
    ingesting: Ingesting | None = None
    seen = []
    for who, lines in file.moments:
        ingesting = ingesting or Ingesting(*words, "--data", str(house.bed.folder))
        ingesting.read_to(lines)
        if who == "both":
            house.gate.kill()
        if who != "gate":
            ingesting.kill()
            ingesting = None
        if who != "ingest":
            house.restart_gate()
        seen.append(house.ordered() - before)
        assert not [*folder.glob(f"{file.name}.*")], "no report before the end"
    assert 0 < seen[0] < seen[-1] < file.payments
    assert seen == sorted(seen)
    said = house.shell.call("ingest", *words)[0]["result"]
    assert sum(said["statuses"].values()) == said["payments"] == file.payments
    assert set(said["statuses"]) <= {"ACSP", "PDNG"}  # Some are held, by the rules.
    assert house.ordered() - before == file.payments
    report = f"{file.name}.{file.report}"
    assert told(folder / report) == ids(file.payments)
    assert {each.name for each in folder.iterdir()} == beside | {report}


def test_a_kill_after_the_last_decision_leaves_no_report_and_the_next_one_writes_it(
    house: House, folder: Path
) -> None:
    file = a_file(folder, "last.xml", *numbered(600))
    report = folder / "last.xml.pain002.xml"
    before = house.ordered()
    with house.locked(WRITTEN_LAST) as until_one_waits:
        ingesting = Ingesting(str(file), "--data", str(house.bed.folder), "--json")
        until_one_waits()
        assert house.ordered() - before == 600
        assert not report.exists()
        ingesting.kill()
    assert not report.exists()
    said = house.shell.call("ingest", str(file))[0]["result"]
    assert sum(said["statuses"].values()) == 600
    assert house.ordered() - before == 600
    assert told(report) == ids(600)
    assert not (folder / ".last.xml.part").exists()


# Where the API is killed: what it, or the gate for it, is about to write then.
UPLOADING = ["", "vault.sealed_file", "channels.file", "transfers.transfer", WRITTEN_LAST]


def test_an_upload_whose_api_is_killed_is_sent_again_and_decided_once(
    house: House, folder: Path
) -> None:
    count = 800
    content = a_file(folder, "upload.xml", *numbered(count)).read_bytes()
    token = (house.bed.folder / "tokens" / "erp.token").read_text("utf-8")
    before, decided = house.ordered(), []
    for table in UPLOADING:
        api = house.bed.api()
        url = f"http://127.0.0.1:{api.start().port}/v1/files"
        halfway, killed = threading.Event(), threading.Event()
        pieces = iter([content]) if table else halves(content, halfway, killed)
        upload = threading.Thread(target=sent, args=(url, token, pieces))
        waiting = house.locked(table) if table else contextlib.nullcontext(halfway.wait)
        with waiting as until_one_waits:
            upload.start()
            until_one_waits()
            api.kill()
            killed.set()
            upload.join()
        decided.append(house.ordered() - before)
    assert decided[:3] == [0, 0, 0], "nothing before the file was kept and registered"
    assert decided[-1] == count
    api = house.bed.api()
    url = f"http://127.0.0.1:{api.start().port}/v1/files"
    answer = sent(url, token, iter([content]))
    assert answer is not None
    assert answer.status_code == 200
    report = folder / "upload.xml.answer.xml"
    report.write_bytes(answer.content)
    assert told(report) == ids(count)
    assert house.ordered() - before == count
    assert api.stop() == 0


def sent(url: str, token: str, pieces: Iterator[bytes]) -> httpx.Response | None:
    """The answer; None where the API ended before it."""
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/xml",
        "accept": "application/xml",
    }
    try:
        return httpx.post(url, content=pieces, headers=headers, timeout=60)
    except httpx.TransportError:
        return None


def halves(content: bytes, halfway: threading.Event, go_on: threading.Event) -> Iterator[bytes]:
    yield content[: len(content) // 2]
    halfway.set()
    go_on.wait()
    yield content[len(content) // 2 :]


def test_two_processes_do_not_answer_one_file_at_a_time(shell: Shell, folder: Path) -> None:
    file = a_file(folder, "two.xml", Payment())
    part = folder / ".two.xml.part"
    with part.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = shell.call("ingest", str(file), expect=1)
    assert refused["error"]["code"] == "ingest.cannot_write_report"
    # Without the lock it is what somebody left who was killed, or who links to another file.
    part.unlink()
    precious = folder / "precious"
    precious.write_text("kept", "ascii")
    os.link(precious, part)
    shell.call("ingest", str(file))
    assert precious.read_text("ascii") == "kept"
    assert (folder / "two.xml.pain002.xml").exists()
    assert not part.exists()
