"""What `countersign doctor` says of an installation that is well, and of one fault at a time."""

import json
import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from tests.support.postgres import reachable_folder
from tests.support.processes import run_as_ordinary_user
from tests.support.shell import COMMAND

from countersign.access.model import Permission, verifier_of
from countersign.entrypoints.backup.folder import WORK_NAME
from countersign.entrypoints.backup.marker import MARKER_FILE, Marker, encode_marker
from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.entrypoints.doctor.examination import CHECKS, Check, examine
from countersign.entrypoints.doctor.folder import space
from countersign.entrypoints.doctor.model import Level, Site, Verdict
from countersign.entrypoints.doctor.processes import gate_verdict
from countersign.entrypoints.doctor.watched import waiting
from countersign.entrypoints.figures import InboxFigures, RunFigures, WaitingFile, write_figures
from countersign.entrypoints.gate.process import GateProcess
from countersign.entrypoints.installation import default_key_file, set_up
from countersign.entrypoints.run_lock import run_lock
from countersign.gate.commands import Kind, SetCredential
from countersign.gate.queries import GateStatus
from countersign.gate.statistics import Statistics
from countersign.infra.clock import SystemClock
from countersign.infra.settings import load_settings
from countersign.kernel.invariant import InvariantBroken
from countersign.vault.protectors import create_key_file

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

# Looked at only while somebody runs it.
OF_RUN = {
    "doctor.api",
    "doctor.console",
    "doctor.outbox",
    "doctor.rail",
    "doctor.rail_answers",
    "doctor.worker",
}
ALONE = dict.fromkeys(("doctor.api", "doctor.console", "doctor.rail", "doctor.worker"), "fail")
NOBODY_RUNS = {"doctor.run": "fail"}  # A bed starts its gate itself.
# What depends on the machine and not on the installation.
OF_THE_MACHINE = {"doctor.schemas", "doctor.open_files", "doctor.disk", "doctor.database_user"}


@pytest.fixture(scope="module")
def patient() -> Iterator[tuple[Bed, GateProcess]]:
    with a_bed(name="patient") as made:
        gate = made.gate()
        gate.start()
        made.populate(2)
        yield made, gate


@pytest.fixture
def bed(patient: tuple[Bed, GateProcess]) -> Bed:
    return patient[0]


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


@pytest.fixture
def unstarted(folder: Path) -> Path:
    """An installation with its key and no database yet."""
    data = folder / "data"
    set_up(load_settings({"COUNTERSIGN_DATA": str(data)}), name="patient")
    return data


def levels(data: Path, **environment: str) -> dict[str, str]:
    """The level by check, without those that depend on the machine."""
    found = said(data, **environment)
    return {code: v.level for code, v in found.items() if code not in OF_THE_MACHINE}


def said(data: Path, **environment: str) -> dict[str, Verdict]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COUNTERSIGN_")]:
            patch.delenv(name)
        ports = {"COUNTERSIGN_API_PORT": "0", "COUNTERSIGN_CONSOLE_PORT": "0"}
        for name, value in {"COUNTERSIGN_DATA": str(data), **ports, **environment}.items():
            patch.setenv(name, value)
        return {finding.code: finding.verdict for finding in examine()}


def worst(data: Path, **environment: str) -> dict[str, str]:
    """Only what is not well."""
    return {c: level for c, level in levels(data, **environment).items() if level != Level.OK}


def test_nothing_is_wrong_with_a_healthy_installation(bed: Bed) -> None:
    found = said(bed.folder)
    assert worst(bed.folder) == NOBODY_RUNS
    # A gate alone has nothing else; `run` with all of them is tested with `run`.
    assert set(found) == set(CHECKS) - {"doctor.restored", "doctor.inbox"} - OF_RUN
    assert all(verdict.english and verdict.chinese for verdict in found.values())
    assert "term 1" in found["doctor.gate"].english


def test_it_says_no_secret(bed: Bed) -> None:
    text = str(said(bed.folder))
    secrets = json.loads((bed.folder / "secrets" / "database.json").read_text("utf-8"))
    assert [value for value in secrets.values() if value in text] == []


def test_the_command_ends_with_1_only_for_a_fault(unstarted: Path, folder: Path) -> None:
    code, value = told(unstarted)
    assert value["warn"] > 0
    assert (code, value["healthy"], value["fail"]) == (0, True, 0)
    code, value = told(folder / "nothing here")
    assert (code, value["healthy"], value["fail"]) == (1, False, 1)
    wrong = next(check for check in value["checks"] if check["level"] == "fail")
    assert (wrong["code"], wrong["reason"]) == ("doctor.data_folder", "installation.not_set_up")
    assert set(wrong) == {"code", "level", "english", "chinese", "reason"}


def told(data: Path) -> tuple[int, Any]:
    done = subprocess.run(
        [*COMMAND, "doctor", "--data", str(data), "--json"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode, json.loads(done.stdout)


def test_with_nothing_set_up_that_is_all_it_says(folder: Path) -> None:
    assert worst(folder / "nothing here") == {"doctor.data_folder": "fail"}
    assert not (folder / "nothing here").exists(), "it changes nothing"


def test_what_does_not_run_is_a_warning(unstarted: Path) -> None:
    stopped = {"doctor.database": "warn", "doctor.gate": "warn", "doctor.run": "warn"}
    assert worst(unstarted) == stopped
    unreachable = {"COUNTERSIGN_DATABASE_URL": "postgresql://admin:hunter2@127.0.0.1:1/x"}
    found = said(unstarted, **unreachable)
    assert found["doctor.database"].level == Level.FAIL
    assert "hunter2" not in str(found)


def test_faults_of_the_key(unstarted: Path) -> None:
    stopped = worst(unstarted)
    key = default_key_file(unstarted)
    key.chmod(0o644)
    assert worst(unstarted) == stopped | {"doctor.key_file": "fail"}
    assert said(unstarted)["doctor.key_file"].reason == "vault.key_file_exposed"
    key.chmod(0o600)
    inside = key.rename(unstarted / "key")
    missing = said(unstarted)["doctor.key_file"]
    assert (missing.level, missing.reason) == (Level.FAIL, "vault.key_file_missing")
    assert str(key) in missing.english
    found = said(unstarted, COUNTERSIGN_KEY_FILE=str(inside))
    assert found["doctor.key_file"].reason == "vault.key_inside_data"
    create_key_file(key, data_dir=unstarted)
    assert worst(unstarted) == stopped | {"doctor.keyset": "fail"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_another_user_is_a_fault_unless_the_folder_is_that_users_too(
    unstarted: Path,
) -> None:
    key = default_key_file(unstarted)
    os.chown(key, 65534, 65534)
    found = said(unstarted)
    assert (found["doctor.key_file"].level, "doctor.keyset" in found) == (Level.FAIL, False)
    assert found["doctor.key_file"].reason == "vault.key_file_of_another"
    assert "belongs to user 65534" in found["doctor.key_file"].english
    os.chown(unstarted, 65534, 65534)
    found = said(unstarted)
    assert (found["doctor.key_file"].level, "doctor.keyset" in found) == (Level.WARN, False)
    assert found["doctor.data_folder"].level == Level.WARN
    key.chmod(0o640)
    assert said(unstarted)["doctor.key_file"].reason == "vault.key_file_exposed"


def test_faults_of_the_data_folder(unstarted: Path) -> None:
    stopped = worst(unstarted)
    (unstarted / "keyset.sealed").chmod(0o640)
    assert worst(unstarted) == stopped | {"doctor.private_files": "fail"}
    (unstarted / "keyset.sealed").chmod(0o600)
    for mode in (0o777, 0o1777, 0o730):
        unstarted.chmod(mode)
        assert worst(unstarted) == stopped | {"doctor.data_folder": "fail"}
    unstarted.chmod(0o711)
    (unstarted / WORK_NAME).mkdir()
    assert worst(unstarted) == stopped | {"doctor.leftovers": "warn"}
    (unstarted / WORK_NAME).rmdir()
    (unstarted / "head").unlink()
    assert worst(unstarted) == stopped | {"doctor.head_file": "fail"}
    (unstarted / "instance.json").write_text("{", "utf-8")
    assert said(unstarted)["doctor.data_folder"].reason == "installation.half_set_up"


def test_settings_with_a_slip_hide_nothing_else(unstarted: Path) -> None:
    file = unstarted / "countersign.toml"
    file.write_text('database_url = "postgresql://admin:hunter2@h/x"\nnonsense = 1\n', "utf-8")
    file.chmod(0o644)
    found = said(unstarted)
    assert found["doctor.settings"].reason == "settings.unknown_key"
    assert found["doctor.private_files"].level == Level.FAIL
    assert found["doctor.data_folder"].level == Level.OK
    assert "hunter2" not in str(found)


def test_a_restored_installation_is_said_to_be_one(unstarted: Path) -> None:
    marker = Marker(restored_ms=2, made_ms=1, batch_seq=77, batch_ms=1, term=1, log_size=500)
    (unstarted / MARKER_FILE).write_bytes(encode_marker(marker))
    found = said(unstarted)["doctor.restored"]
    assert found.level == Level.WARN
    assert "batch 77" in found.english


def test_a_database_behind_the_head_file_is_a_fault(bed: Bed) -> None:
    path = bed.folder / "head"
    content = path.read_bytes()
    head = bed.installation.head
    try:
        known = head.read()
        head.write(known._replace(seq=known.seq + 2))
        head.close()
        assert worst(bed.folder) == NOBODY_RUNS | {"doctor.head_file": "fail"}
    finally:
        path.write_bytes(content)


@contextmanager
def changed(bed: Bed, statement: str, back: str) -> Iterator[None]:
    with psycopg.connect(bed.database.superuser_dsn(), autocommit=True) as connection:
        connection.execute(statement.encode())
        try:
            yield
        finally:
            connection.execute(back.encode())


def test_faults_of_the_database(bed: Bed) -> None:
    newest = "WHERE seq = (SELECT max(seq) FROM gate.batch)"
    ahead = f"UPDATE gate.batch SET batch_ms = batch_ms + 600000 {newest}"
    with changed(bed, ahead, ahead.replace("+", "-")):
        assert worst(bed.folder) == NOBODY_RUNS | {"doctor.clock": "fail"}
    unknown = "INSERT INTO infra.migration (number, name, sha256) VALUES (9999, 'x', %s)"
    with changed(
        bed,
        unknown.replace("%s", "sha256('x')"),
        "DELETE FROM infra.migration WHERE number = 9999",
    ):
        found = said(bed.folder)["doctor.migrations"]
        assert (found.level, found.reason) == (Level.FAIL, "migrations.too_new")
    role = "ALTER ROLE countersign_reader {} synchronous_commit"
    with changed(bed, role.format("SET") + " = off", role.format("RESET")):
        assert worst(bed.folder) == NOBODY_RUNS | {"doctor.database_durability": "warn"}


def test_a_process_of_run_that_is_gone_is_a_fault_while_run_lives(bed: Bed) -> None:
    with run_lock(bed.folder):  # This process runs it then, and has neither worker nor rail.
        assert worst(bed.folder) == ALONE
        assert f"process {os.getpid()}." in said(bed.folder)["doctor.run"].english


def test_a_port_of_another_program_is_named(unstarted: Path) -> None:
    for setting in ("COUNTERSIGN_API_PORT", "COUNTERSIGN_CONSOLE_PORT"):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            found = said(unstarted, **{setting: port})["doctor.ports"]
        assert (found.level, found.reason) == (Level.FAIL, "web.port_taken")
        assert port in found.english
        assert setting in found.english
        assert said(unstarted, **{setting: port})["doctor.ports"].level == Level.OK


def test_an_api_and_a_console_that_do_not_answer_are_told_from_such_as_are_gone(
    bed: Bed,
) -> None:
    api, console = bed.api(), bed.console()
    try:
        ports = {"api": api.start().port, "console": console.start().port}
        with run_lock(bed.folder):  # They are children of this process, which runs it then.
            note(bed, {name: f"http://127.0.0.1:{port}" for name, port in ports.items()})
            found = said(bed.folder)
            assert found["doctor.api"].level == found["doctor.console"].level == Level.OK
            with socket.socket() as deaf:  # Bound, and nobody listens.
                deaf.bind(("127.0.0.1", 0))
                elsewhere = f"http://127.0.0.1:{deaf.getsockname()[1]}"
                note(bed, dict.fromkeys(ports, elsewhere))
                found = said(bed.folder)
            for name in ports:
                assert found[f"doctor.{name}"].level == Level.FAIL
                assert f"does not answer at {elsewhere}" in found[f"doctor.{name}"].english
            api.process.send_signal(signal.SIGSTOP)
            assert "is frozen" in said(bed.folder)["doctor.api"].english
    finally:
        api.kill()
        console.kill()


def note(bed: Bed, addresses: dict[str, str]) -> None:
    assert write_figures(bed.folder, RunFigures({}, addresses))


def test_faults_of_a_watched_folder(unstarted: Path, folder: Path) -> None:
    watched = folder / "watched"
    setting = {"COUNTERSIGN_WATCH_DIR": str(watched)}
    missing = said(unstarted, **setting)["doctor.inbox"]
    assert (missing.level, str(watched) in missing.english) == (Level.FAIL, True)
    (watched / "erp").mkdir(parents=True)
    (watched / ".hidden").mkdir()
    strange = said(unstarted, **setting)["doctor.inbox"]
    assert (strange.level, "senders erp of" in strange.english) == (Level.WARN, True)
    (unstarted / "tokens").mkdir(mode=0o700)
    (unstarted / "tokens" / "erp.token").write_text("cst_x", "utf-8")
    assert said(unstarted, **setting)["doctor.inbox"].level == Level.OK
    with run_lock(unstarted):
        assert "inbox has ended" in said(unstarted, **setting)["doctor.inbox"].english
    (watched / "erp" / "set_aside").mkdir()
    (watched / "erp" / "set_aside" / "pay.xml.why.txt").touch()
    assert (
        said(unstarted, **setting)["doctor.inbox"].level == Level.OK
    )  # A reason alone is no file.
    (watched / "erp" / "set_aside" / "pay.xml").touch()
    aside = said(unstarted, **setting)["doctor.inbox"]
    assert aside.level == Level.WARN
    assert "Files that could not be answered lie in" in aside.english


def test_a_file_that_an_inbox_cannot_answer_is_told(unstarted: Path) -> None:
    """Which, since when, why, and what comes next; of several the one that waits longest."""
    files = (
        WaitingFile("erp", "new.xml", 2_000, 1, "a.b", "New.", "新。"),
        WaitingFile("erp", "pay.xml", 1_000, 7, "a.b", "The gate is away.", "閘口離線。"),
    )
    assert write_figures(unstarted, InboxFigures(0, 0, 0, files))
    site = Site(unstarted, settings=None, installation=None)
    site.runner = os.getpid()
    found = waiting(site)
    assert found is not None
    assert found.level == Level.WARN
    assert found.english.startswith(
        "Files of the watched folder that wait for an answer: 2. erp/pay.xml was tried 7 times"
        " since 1970-01-01T00:00:01.000Z: The gate is away. It is tried again by itself"
    )
    assert "閘口離線。" in found.chinese
    site.runner = None
    assert waiting(site) is None, "what was told by a process that is no more"


def test_credentials_that_end_are_named(bed: Bed) -> None:
    now_ms = SystemClock().now_ms()
    assert said(bed.folder)["doctor.credentials"].level == Level.OK
    with ended(bed, "soon over", now_ms + 86_400_000):
        found = said(bed.folder)["doctor.credentials"]
        assert (found.level, "soon over expire within" in found.english) == (Level.WARN, True)
        with ended(bed, "long over", now_ms - 1):
            found = said(bed.folder)["doctor.credentials"]
            assert (found.level, "long over have expired" in found.english) == (Level.WARN, True)
    assert said(bed.folder)["doctor.credentials"].level == Level.OK


@contextmanager
def ended(bed: Bed, name: str, expires_ms: int) -> Iterator[None]:
    """A credential that ends then, revoked afterwards."""
    with bed.operator() as operator:
        made = SetCredential(
            0, name, verifier_of(name), [Permission.TRANSFERS_ORDER], is_active=True,
            expires_ms=expires_ms,
        )  # fmt: skip
        answer = operator.ask(Kind.SET_CREDENTIAL, made)
        assert answer.outcome == "ok"
        yield
        number = msgspec.msgpack.decode(answer.detail)
        over = SetCredential(number, "-", bytes(32), [], is_active=False)
        assert operator.ask(Kind.SET_CREDENTIAL, over).outcome == "ok"


def test_what_does_not_move_is_a_fault_while_run_lives(bed: Bed) -> None:
    waiting = "INSERT INTO gate.outbox (number, topic, due_ms, cause) VALUES (999999, 1, 0, 1)"
    unanswered = (
        "INSERT INTO rails.sending (number, digest, transaction_id, uetr, state, attempt, asked,"
        " due_ms, changed_ms) VALUES (999999, sha256('x'), 'X', '', 2, 1, 5, 0, 0)"
    )
    with run_lock(bed.folder):
        with changed(bed, waiting, "DELETE FROM gate.outbox WHERE number = 999999"):
            assert worst(bed.folder) == ALONE | {"doctor.outbox": "fail"}
        with changed(bed, unanswered, "DELETE FROM rails.sending WHERE number = 999999"):
            assert worst(bed.folder) == ALONE | {"doctor.rail_answers": "warn"}
        assert worst(bed.folder) == ALONE


def test_a_log_that_is_not_published_is_a_fault(bed: Bed) -> None:
    newest = "WHERE seq = (SELECT max(seq) FROM gate.batch)"
    back = "INSERT INTO audit.checkpoint SELECT * FROM kept; DROP TABLE kept; "
    earlier = f"UPDATE gate.batch SET batch_ms = batch_ms - 600000 {newest}"
    take = "CREATE TABLE kept AS TABLE audit.checkpoint; DELETE FROM audit.checkpoint; "
    with changed(bed, take + earlier, back + earlier.replace("-", "+")):
        assert worst(bed.folder) == NOBODY_RUNS | {"doctor.checkpoint": "fail"}


def test_too_few_open_files_are_too_few(unstarted: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for limit, level in ((200, Level.FAIL), (300, Level.WARN), (1024, Level.OK)):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, before[1]))
            assert said(unstarted)["doctor.open_files"].level == level
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(("gib", "level"), [(0.9, Level.FAIL), (4.9, Level.WARN), (5.1, Level.OK)])
def test_a_full_disk_is_told_before_it_is_full(gib: float, level: Level) -> None:
    found = space(Path("/srv/data"), int(gib * 1024**3))
    assert (found.level, f"{gib} GiB" in found.english) == (level, True)


@pytest.mark.parametrize(("behind", "level"), [(500_000, Level.OK), (500_001, Level.WARN)])
def test_a_gate_without_new_snapshots_is_told(behind: int, level: Level) -> None:
    report = Statistics(snapshot_size=7).report(queued=0)
    status = GateStatus(
        seq=1, term=1, commands=7 + behind, root=b"", batch_ms=0, accounts=0, open_transfers=0,
        freezes=0, policy=0, report=report,
    )  # fmt: skip
    assert gate_verdict(status).level == level


def test_sockets_that_were_left_do_not_count(patient: tuple[Bed, GateProcess]) -> None:
    bed, gate = patient
    gate.kill()
    assert worst(bed.folder) == {"doctor.run": "warn", "doctor.gate": "warn"}
    with run_lock(bed.folder):
        assert worst(bed.folder)["doctor.gate"] == "fail"


def test_a_dead_database_is_a_fault_while_run_lives(unstarted: Path) -> None:
    with run_lock(unstarted):
        assert worst(unstarted)["doctor.database"] == "fail"


def broken(site: Site) -> Verdict | None:
    raise InvariantBroken("planted words")


def silent(site: Site) -> Verdict | None:
    threading.Event().wait()
    return None


@pytest.mark.parametrize("check", [broken, silent])
def test_a_check_that_fails_or_hangs_ends_nothing(check: Check) -> None:
    checks = {"doctor.first": check, "doctor.disk": CHECKS["doctor.disk"]}
    found = {f.code: f.verdict for f in examine(checks=checks, seconds=0.3)}
    assert found["doctor.first"].level == Level.FAIL
    assert "planted words" not in found["doctor.first"].english
    assert found["doctor.disk"].level == Level.OK


def as_a_stranger(folder: Path) -> None:
    """Somebody who may not read the installation is told so."""
    os.environ["COUNTERSIGN_DATA"] = str(folder / "data")
    found = {finding.code: finding.verdict for finding in examine()}
    assert found["doctor.data_folder"].level == Level.FAIL
    assert "may not read" in found["doctor.data_folder"].english


def before_a_closed_folder(folder: Path) -> None:
    """What nobody could look at is not called private."""
    os.environ["COUNTERSIGN_DATA"] = str(folder / "data")
    found = {finding.code: finding.verdict for finding in examine()}
    assert found["doctor.private_files"].level == Level.FAIL
    assert "may not read" in found["doctor.private_files"].english
    assert found["doctor.settings"].reason == "settings.out_of_reach"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_private_files_out_of_reach_are_not_called_private(unstarted: Path) -> None:
    unstarted.chmod(0o700)
    run_as_ordinary_user(before_a_closed_folder, unstarted.parent)


def as_its_owner(folder: Path) -> None:
    os.umask(0o077)
    data = folder / "own" / "data"
    data.parent.mkdir()
    os.environ["COUNTERSIGN_DATA"] = str(data)
    set_up(load_settings(), name="ordinary")
    found = {finding.code: finding.verdict.level for finding in examine()}
    assert [code for code, level in found.items() if level == Level.FAIL] == []
    assert found["doctor.database_user"] == Level.WARN


def test_it_works_for_an_ordinary_user(unstarted: Path) -> None:
    for scenario in (as_a_stranger, as_its_owner):
        if os.geteuid() == 0 or scenario is as_its_owner:
            run_as_ordinary_user(scenario, unstarted.parent)
