"""The watched folder: what is whole is taken, ordered once, answered and put away, crash or not."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from lxml import etree
from tests.flows.test_ingest_file import ChannelEnd
from tests.support.bank import Bank, a_bank
from tests.support.gate import INSTANCE, TODAY, ManualClock
from tests.support.pain001 import DEBTOR_IBAN, Block, Message, Payment
from tests.support.postgres import reachable_folder
from tests.support.shell import Shell, stop
from tests.support.shell import a_file as a_file_today

from countersign.entrypoints.figures import (
    InboxFigures,
    ProcessFigures,
    RunFigures,
    read_figures,
)
from countersign.entrypoints.inbox.aside import is_set_aside
from countersign.entrypoints.inbox.inbox import Inbox
from countersign.entrypoints.inbox.tries import (
    TRIES_MAX,
    Tries,
    is_of_file,
    read_tries,
    write_tries,
)
from countersign.entrypoints.receiving import Archive, CannotWriteReport
from countersign.flows.ingest_file import Gate
from countersign.gate.client import FrameRefused, GateUnreachable
from countersign.gate.commands import Answer
from countersign.gate.commands import Kind as GateKind
from countersign.gate.preparation import Preparation
from countersign.gate.requests import Item
from countersign.infra.database import Database, Role
from countersign.kernel.refusal import Refusal

DAY = (date(1970, 1, 1) + timedelta(days=TODAY)).isoformat()


@dataclass
class Desk:
    """An inbox on a real gate, and what it told."""

    bank: Bank
    watched: Path
    tokens: Path
    clock: ManualClock = field(default_factory=ManualClock)
    told: list[tuple[str, str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)  # Tokens that the gate does not take.
    # What breaks off a file's orders after they were decided, and how often that came to be.
    obstacle: BaseException | None = None
    broken_off: int = 0

    def __post_init__(self) -> None:
        self.channel = ChannelEnd(self.bank, Preparation(self.bank.keys, self.bank.accounts))
        self.inbox = self.started()

    def started(self) -> Inbox:
        """An inbox as its process makes one."""
        return Inbox(
            self.watched,
            tokens=self.tokens,
            archive=Archive(
                dsn=self.bank.database.dsn(Role.APP),
                keyset=self.bank.keys.keyset,
                instance=INSTANCE,
            ),
            gate_of=self._gate,
            schema_dir=None,
            clock=self.clock,
            tell=self._tell,
        )

    @contextlib.contextmanager
    def _gate(self, token: str) -> Iterator[Gate]:
        if token in self.refused:
            raise FrameRefused("access.unknown_token")
        yield self

    def submit(self, items: list[Item]) -> list[Answer]:
        """As the gate's socket does, until the answers are to be given back."""
        answers = self.channel.submit(items)
        if self.obstacle is not None and items[0].kind == GateKind.ORDER:
            self.broken_off += 1
            raise self.obstacle
        return answers

    def _tell(self, name: str, refusal: Refusal) -> None:
        self.told.append((name, refusal.code))

    def sender(self, name: str) -> Path:
        (self.tokens / f"{name}.token").write_text(name, "ascii")
        folder = self.watched / name
        folder.mkdir()
        return folder

    def there(self) -> list[str]:
        """Every file of the watched folder, without what is noted of those that wait."""
        files = [
            each for each in self.watched.rglob("*") if each.is_file() and each.suffix != ".tries"
        ]
        return sorted(each.relative_to(self.watched).as_posix() for each in files)

    def transfers(self) -> int:
        row = self.bank.app.execute("SELECT count(*) FROM transfers.transfer").fetchone()
        assert row
        return int(row[0])

    def turns(self, count: int, *, apart_ms: int = 60_000) -> None:
        for _ in range(count):
            self.clock.now += apart_ms
            self.inbox.turn()

    def registered(self) -> int:
        row = self.bank.app.execute("SELECT count(*) FROM channels.file").fetchone()
        assert row
        return int(row[0])

    def kept(self) -> int:
        row = self.bank.app.execute("SELECT count(*) FROM vault.sealed_file").fetchone()
        assert row
        return int(row[0])


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    for name in ("bank", "watched", "tokens"):
        (tmp_path / name).mkdir()
    with a_bank(database, tmp_path / "bank") as bank:
        bank.app.autocommit = True
        yield Desk(bank, tmp_path / "watched", tmp_path / "tokens")


def a_file(*payments: Payment, message_id: str = "MSG-1", count: int | None = None) -> bytes:
    block = Block(payments=payments or (Payment(),), execution_date=DAY)
    return Message(blocks=(block,), message_id=message_id, count=count).bytes()


def test_a_file_is_taken_answered_and_put_away(desk: Desk) -> None:
    folder = desk.sender("erp")
    (folder / "pay.xml").write_bytes(a_file(Payment(), Payment(end_to_end_id="E2E-2")))
    assert desk.inbox.turn() == 0, "it may still be written"
    assert desk.inbox.turn() == 1
    assert desk.there() == ["erp/done/pay.xml", "erp/replies/pay.xml.pain002.xml"]
    assert (desk.transfers(), desk.kept(), desk.told) == (2, 1, [])
    report = etree.parse(str(folder / "replies/pay.xml.pain002.xml"))
    assert [each.text for each in report.iterfind(".//{*}TxSts")] == ["ACSP", "ACSP"]
    assert desk.inbox.turn() == 0


def test_what_is_not_whole_is_left_alone(desk: Desk) -> None:
    folder = desk.sender("erp")
    left = [".hidden.xml", "a.xml.part", "b.tmp", "c.XML.FILEPART"]
    for name in left:
        (folder / name).write_bytes(a_file())
    (folder / "link.xml").symlink_to(folder / ".hidden.xml")
    growing = folder / "growing.xml"
    content = a_file()
    for end in (10, 20, len(content)):
        growing.write_bytes(content[:end])
        assert desk.inbox.turn() == 0
    assert desk.inbox.turn() == 1
    assert desk.inbox.turn() == 0
    assert sorted(each.name for each in folder.iterdir() if not each.is_dir()) == sorted(
        [*left, "link.xml"]
    )
    assert desk.transfers() == 1


def test_a_refused_file_is_put_with_the_refused_and_keeps_its_name_apart(desk: Desk) -> None:
    folder = desk.sender("erp")
    for number in (1, 2):
        (folder / "pay.xml").write_bytes(a_file(message_id=f"M-{number}", count=7))
        desk.inbox.turn()
        assert desk.inbox.turn() == 1
    assert desk.there() == [
        "erp/refused/pay.2.xml",
        "erp/refused/pay.xml",
        "erp/replies/pay.xml.pain002.xml",
    ]
    assert desk.transfers() == 0


def test_a_csv_needs_its_mapping(desk: Desk) -> None:
    folder = desk.sender("erp")
    (folder / "pay.csv").write_text(
        "Ref,To,Name,Sum\nN1,FR1420041010050500013M02606,Anna,1.00\n", "utf-8"
    )
    desk.inbox.turn()
    assert desk.inbox.turn() == 0
    assert desk.told == [("erp", "ingest.unreadable_file")]
    assert desk.there() == ["erp/taken/pay.csv"]
    (folder / "mapping.toml").write_text(
        '[file]\nknown_by = "instruction_id"\n[columns]\ninstruction_id = "Ref"\n'
        'creditor_account = "To"\ncreditor_name = "Name"\namount = "Sum"\n[constants]\n'
        'currency = "EUR"\ndebtor_account = "DE89370400440532013000"\n'
        f'requested_execution_date = "{DAY}"\n',
        "utf-8",
    )
    assert desk.inbox.turn() == 0, "it waits"
    desk.turns(1)
    assert "erp/replies/pay.csv.report.csv" in desk.there()
    assert desk.transfers() == 1


@pytest.mark.parametrize("is_answered", [False, True])
def test_after_a_crash_what_was_taken_is_received_again_and_ordered_once(
    desk: Desk, *, is_answered: bool
) -> None:
    folder = desk.sender("erp")
    (folder / "pay.xml").write_bytes(a_file())
    desk.inbox.turn()
    assert desk.inbox.turn() == 1
    # As a crash leaves it: taken and ordered, perhaps answered, and not yet put away.
    (folder / "done/pay.xml").rename(folder / "taken/pay.xml")
    (folder / "replies/.pay.xml.part").write_bytes(b"half")
    if not is_answered:
        (folder / "replies/pay.xml.pain002.xml").unlink()
    assert desk.started().turn() == 1
    assert desk.there() == ["erp/done/pay.xml", "erp/replies/pay.xml.pain002.xml"]
    assert desk.transfers() == 1


GATE_REFUSES = FrameRefused("gate.malformed_request")
ASIDE = ["erp/set_aside/pay.xml", "erp/set_aside/pay.xml.why.txt"]


@pytest.mark.parametrize(
    ("obstacle", "code"),
    [
        (GATE_REFUSES, "inbox.file_refused_by_gate"),
        (None, "ingest.cannot_write_report"),
    ],
    ids=["the gate", "the reply"],
)
def test_a_file_that_cannot_be_answered_is_set_aside_and_may_be_brought_again(
    desk: Desk, obstacle: FrameRefused | None, code: str
) -> None:
    folder = desk.sender("erp")
    in_its_place = folder / "replies" / "pay.xml.pain002.xml"
    if obstacle is None:
        (in_its_place / "x").mkdir(parents=True)
    content = a_file(Payment(), Payment(end_to_end_id="E2E-2"))
    (folder / "pay.xml").write_bytes(content)
    desk.obstacle = obstacle
    desk.inbox.turn()
    desk.turns(TRIES_MAX - 1)
    waiting = desk.inbox.figures().waiting
    assert [(each.sender, each.file, each.code) for each in waiting] == [("erp", "pay.xml", code)]
    assert waiting[0].failures == TRIES_MAX - 1
    (folder / "pay.xml").write_bytes(b"another of the same name")
    for _ in range(2):  # Looked at twice, it might be taken while the first one waits.
        desk.inbox.turn()
    desk.turns(1)
    # Set aside, and as the next one could not be told from it until then, it stayed where it was.
    assert desk.there()[-3:] == ["erp/pay.xml", *ASIDE]
    assert (folder / "set_aside" / "pay.xml").read_bytes() == content
    why = (folder / "set_aside" / "pay.xml.why.txt").read_text("utf-8")
    assert code in why
    assert "not decided twice" in why
    assert desk.told == [("erp", code), ("erp", "inbox.file_set_aside")]
    assert desk.inbox.figures() == InboxFigures(decided=0, refused=0, set_aside=1)
    assert (desk.transfers(), desk.registered(), desk.kept()) == (2, 1, 1)
    desk.turns(TRIES_MAX)
    assert ASIDE[0] in desk.there(), "nobody but a person brings it again"
    desk.obstacle = None
    if obstacle is None:
        (in_its_place / "x").rmdir()
        in_its_place.rmdir()
    (folder / "set_aside" / "pay.xml").rename(folder / "again.xml")
    desk.turns(3)
    report = etree.parse(str(folder / "replies" / "again.xml.pain002.xml"))
    assert [each.text for each in report.iterfind(".//{*}TxSts")] == ["ACSP", "ACSP"]
    assert desk.transfers() == 2


def test_a_gate_that_is_away_sets_no_file_aside_and_is_asked_less_and_less(desk: Desk) -> None:
    folder = desk.sender("erp")
    (folder / "pay.xml").write_bytes(a_file())
    desk.obstacle = GateUnreachable()
    desk.inbox.turn()
    desk.turns(600, apart_ms=1000)
    assert 10 < desk.broken_off < 20, "2, 4, 8, 16, 32, then 60 seconds apart"
    (folder / "next.xml").write_bytes(a_file(message_id="M-2"))
    desk.turns(3, apart_ms=1000)
    assert (folder / "next.xml").exists(), "nothing more is taken of that sender meanwhile"
    desk.obstacle = None
    desk.turns(3)
    assert desk.there() == [
        f"erp/{place}"
        for place in (
            "done/next.xml",
            "done/pay.xml",
            "replies/next.xml.pain002.xml",
            "replies/pay.xml.pain002.xml",
        )
    ]
    assert desk.inbox.figures() == InboxFigures(decided=2, refused=0)
    assert (desk.transfers(), desk.registered(), desk.kept()) == (2, 2, 2)


def test_a_failure_of_another_kind_begins_the_count_anew(desk: Desk) -> None:
    folder = desk.sender("erp")
    (folder / "pay.xml").write_bytes(a_file())
    desk.inbox.turn()
    for obstacle in (GATE_REFUSES, GateUnreachable(), GATE_REFUSES, psycopg.DataError()):
        desk.obstacle = obstacle
        desk.turns(TRIES_MAX - 1)
    assert desk.broken_off == 4 * (TRIES_MAX - 1)
    assert [each.code for each in desk.inbox.figures().waiting] == ["inbox.file_not_kept"]
    assert "erp/taken/pay.xml" in desk.there()


def test_a_file_that_waits_holds_up_no_other_of_its_sender(desk: Desk) -> None:
    folder = desk.sender("erp")
    (folder / "a.csv").write_text("no mapping", "utf-8")
    (folder / "b.xml").write_bytes(a_file())
    desk.inbox.turn()
    desk.turns(2, apart_ms=1000)
    assert "erp/done/b.xml" in desk.there()
    assert "erp/taken/a.csv" in desk.there()


@pytest.mark.parametrize("is_asked_to_end", [False, True])
def test_a_file_that_its_process_dies_of_is_set_aside(desk: Desk, *, is_asked_to_end: bool) -> None:
    folder = desk.sender("erp")
    (folder / "pay.xml").write_bytes(a_file())
    desk.obstacle = ZeroDivisionError()
    desk.inbox.turn()
    for _ in range(TRIES_MAX):
        with pytest.raises(ZeroDivisionError):
            desk.inbox.turn()
        if is_asked_to_end:
            desk.inbox.excuse()
        desk.inbox = desk.started()
    if is_asked_to_end:
        desk.obstacle = None
    desk.inbox.turn()
    there = ["erp/done/pay.xml", "erp/replies/pay.xml.pain002.xml"]
    assert desk.there() == (there if is_asked_to_end else ASIDE)
    if not is_asked_to_end:
        assert "inbox.broken_off" in (folder / "set_aside" / "pay.xml.why.txt").read_text("utf-8")
    assert (desk.transfers(), desk.registered(), desk.kept()) == (1, 1, 1)


def test_what_a_sender_still_wrote_on_is_kept_as_another_file(desk: Desk) -> None:
    folder = desk.sender("erp")
    (folder / "pay.xml").write_bytes(a_file())
    desk.obstacle = GATE_REFUSES
    desk.inbox.turn()
    desk.turns(2)
    assert (desk.registered(), desk.kept()) == (1, 1)
    (folder / "taken" / "pay.xml").write_bytes(a_file(message_id="M-2"))
    desk.turns(2)
    assert (desk.registered(), desk.kept()) == (2, 2)


@pytest.mark.parametrize("name", [b"\xff.xml", b"n" * 251 + b".xml"], ids=["no text", "long"])
def test_a_name_that_is_no_text_or_too_long_to_be_answered_stops_nobody(
    desk: Desk, name: bytes
) -> None:
    folder = desk.sender("erp")
    file = folder / os.fsdecode(name)
    for place in ("set_aside", "done"):  # Where one of that name lies already.
        (folder / place).mkdir()
        (folder / place / file.name).touch()
    file.write_bytes(a_file())
    (folder / "z.xml").write_bytes(a_file(message_id="M-2"))
    desk.inbox.turn()
    desk.turns(TRIES_MAX + 2)
    assert "erp/done/z.xml" in desk.there()
    assert [*(folder / "taken").iterdir()] == []
    assert len([*(folder / "set_aside").iterdir()]) == (1 if name.startswith(b"\xff") else 3)
    assert desk.registered() == (2 if name.startswith(b"\xff") else 1)


def test_who_still_has_a_file_open_changes_nothing_of_what_is_ordered_and_kept(desk: Desk) -> None:
    folder = desk.sender("erp")
    content, other = a_file(), a_file(message_id="M-2")
    (folder / "pay.xml").write_bytes(content)
    (folder / "pay.xml").chmod(0o640)
    with (folder / "pay.xml").open("r+b") as held_open:
        desk.obstacle = GATE_REFUSES
        desk.inbox.turn()
        desk.turns(2)
        held_open.write(other)
        held_open.flush()
        desk.obstacle = None
        desk.turns(3)
    done = folder / "done" / "pay.xml"
    assert done.read_bytes() == content
    assert stat.S_IMODE(done.stat().st_mode) == 0o640
    assert (desk.transfers(), desk.registered(), desk.kept()) == (1, 1, 1)


def test_nothing_that_is_set_aside_overwrites_another_file(desk: Desk) -> None:
    """Reasons have names that files may have, and names are cut where they are too long."""
    folder = desk.sender("erp")
    long = ["m" * 247 + ".why.txt", "m" * 247 + "1.xml", "m" * 247 + "2.xml", "m" * 244 + "3.xml"]
    names = ["pay.xml.why.txt", "pay.xml", *long]
    contents = [a_file(message_id=f"M-{place}") for place in range(len(names))]
    desk.obstacle = GATE_REFUSES
    for name, content in zip(names, contents, strict=True):
        (folder / name).write_bytes(content)
        desk.inbox.turn()
        desk.turns(TRIES_MAX + 2)
    lying = [path.read_bytes() for path in (folder / "set_aside").iterdir()]
    assert len(lying) == 2 * len(names)
    assert set(contents) < set(lying)
    # What was left by one that ended before the file followed its reason is no file.
    aside = [file for file in (folder / "set_aside").iterdir() if is_set_aside(file)]
    assert len(aside) == len(names)


@pytest.mark.parametrize("since_ms", [-1, 10**18])
def test_a_record_that_no_inbox_wrote_is_none(desk: Desk, since_ms: int) -> None:
    file = desk.sender("erp") / "pay.xml"
    file.write_bytes(a_file())
    write_tries(file, Tries(file_id=bytes(16), since_ms=since_ms, times=TRIES_MAX))
    assert read_tries(file) is None


def test_whose_failure_it_is() -> None:
    disk_full = OSError(errno.ENOSPC, "")
    too_long = OSError(errno.ENAMETOOLONG, "")
    for cause, expected in ((disk_full, False), (too_long, True)):
        refusal = CannotWriteReport(file="f", folder="d", why="w")
        refusal.__cause__ = cause
        assert is_of_file(refusal) == expected
    assert not is_of_file(disk_full)
    assert not is_of_file(psycopg.OperationalError())
    assert not is_of_file(FrameRefused("access.unknown_credential"))
    assert is_of_file(psycopg.DataError())


def test_what_stands_in_the_way_of_one_sender_is_told_and_stops_no_other(desk: Desk) -> None:
    unknown = desk.watched / "a-nobody"
    unknown.mkdir()
    revoked, linked, good = (desk.sender(name) for name in ("b-revoked", "c-linked", "erp"))
    desk.refused.add("b-revoked")
    elsewhere = desk.watched.parent / "elsewhere"
    elsewhere.mkdir()
    (linked / "replies").symlink_to(elsewhere)
    for folder in (unknown, revoked, linked, good):
        (folder / "pay.xml").write_bytes(a_file(message_id=folder.name))
    desk.inbox.turn()
    assert desk.inbox.turn() == 1
    problems = [
        ("c-linked", "inbox.folder_out_of_reach"),
        ("a-nobody", "inbox.no_credential"),
        ("b-revoked", "inbox.not_taken_now"),
    ]
    assert sorted(desk.told) == sorted(problems)
    assert [*elsewhere.iterdir()] == []
    desk.turns(1)
    assert len(desk.told) == len(problems), "once an hour, not once a second"
    desk.clock.now += 3_600_000
    desk.inbox.turn()
    assert len(desk.told) == 2 * len(problems)
    assert desk.there() == [
        "a-nobody/pay.xml",
        "b-revoked/taken/pay.xml",
        "c-linked/pay.xml",
        "erp/done/pay.xml",
        "erp/replies/pay.xml.pain002.xml",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user")
def test_a_folder_without_rights_is_told(desk: Desk) -> None:
    folder = desk.sender("erp")
    folder.chmod(0o500)
    desk.inbox.turn()
    folder.chmod(0o700)
    assert desk.told == [("erp", "inbox.folder_out_of_reach")]


def test_a_watched_folder_that_is_not_there_is_told(desk: Desk) -> None:
    desk.watched.rmdir()
    assert desk.inbox.turn() == 0
    assert desk.told == [(str(desk.watched), "inbox.folder_out_of_reach")]


def test_run_keeps_an_inbox_where_a_folder_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with reachable_folder() as folder:
        shell, erp = Shell(folder / "data"), folder / "watched" / "erp"
        monkeypatch.setenv("COUNTERSIGN_WATCH_DIR", str(folder / "watched"))
        erp.mkdir(parents=True)
        running = shell.run()
        shell.call("accounts", "open", ":RAIL", "EUR", "--holder", "R", "--kind", "settlement")
        shell.call("accounts", "open", DEBTOR_IBAN, "EUR", "--holder", "Ada")
        shell.call("accounts", "fund", DEBTOR_IBAN, "100.00", "EUR", "--reason", "opening")
        shell.call("credential", "create", "erp", "--save")
        a_file_today(folder, "pay.xml.part", Payment()).rename(erp / "pay.xml")
        answer = erp / "replies" / "pay.xml.pain002.xml"
        for _ in range(60):
            if answer.exists() and not (erp / "taken" / "pay.xml").exists():
                break
            shell.call("transfers", "list")  # Takes a good part of a second.
        assert etree.parse(str(answer)).findtext(".//{*}TxSts") == "ACSP"
        assert (erp / "done" / "pay.xml").exists()
        assert read_figures(shell.data, InboxFigures) == InboxFigures(decided=1, refused=0)
        told = read_figures(shell.data, RunFigures)
        once = ProcessFigures(is_up=True, starts=1)
        parts = ("api", "console", "database", "gate", "inbox", "rail", "worker")
        assert told is not None
        assert told.processes == dict.fromkeys(parts, once)
        assert len(shell.call("transfers", "list")) == 1
        assert stop(running) == 0
