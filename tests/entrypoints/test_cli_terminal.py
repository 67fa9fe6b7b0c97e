"""What a terminal shows: nothing hidden, commands that can be copied, progress on a screen."""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.reasons import in_words
from countersign.entrypoints.cli.terminal import (
    REFUSED,
    Terminal,
    language_of,
    visible,
)
from countersign.entrypoints.doctor.examination import CHECKS
from countersign.entrypoints.installation import NotRunning
from countersign.flows.reject_reasons import REJECT_CODES, UnknownReasonCode, reject_code
from countersign.gate import checks
from countersign.infra.clock import moment
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.judge import FACTS_MISSING

pytestmark = pytest.mark.fast


def a_terminal(*, is_json: bool = False) -> Terminal:
    return Terminal(is_json=is_json, language="en")


def test_a_screen_shows_progress_and_loses_it_before_anything_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    with os.fdopen(theirs, "w") as stderr, os.fdopen(ours, "rb", buffering=0) as seen:
        monkeypatch.setattr("sys.stderr", stderr)
        terminal = a_terminal()
        terminal.progress("1 of 2")
        terminal.progress("2 of 2")
        assert seen.read() == b"\r\x1b[K1 of 2", "the second comes too soon to be seen"
        terminal.refusal(NotRunning(folder="data"))
        stderr.flush()
        assert (seen.read() or b"").startswith(b"\r\x1b[Kinstallation.not_running: ")
        a_terminal(is_json=True).progress("1 of 2")
        assert seen.read() is None
        a_terminal().progress("x" * 1000)
        assert (seen.read() or b"").count(b"x") < 1000, "what is longer than a line would stay"


def test_a_step_is_said_at_once_and_only_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    with os.fdopen(theirs, "w") as stderr, os.fdopen(ours, "rb", buffering=0) as seen:
        monkeypatch.setattr("sys.stderr", stderr)
        terminal = a_terminal()
        terminal.progress("1 of 2")
        with terminal.step("making it"):
            assert seen.read() == b"\r\x1b[K1 of 2\r\x1b[Kmaking it"
        assert seen.read() == b"\r\x1b[K"
        with a_terminal(is_json=True).step("making it"):
            pass
        assert seen.read() is None


@pytest.mark.parametrize("is_json", [False, True])
def test_doctor_says_what_it_looks_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_json: bool
) -> None:
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path / "nothing here"))
    with os.fdopen(theirs, "w") as stderr, os.fdopen(ours, "rb", buffering=0) as seen:
        monkeypatch.setattr("sys.stderr", stderr)
        main(["doctor", *(["--json"] if is_json else [])])
        said = (seen.read() or b"").decode()
    subjects = re.findall(r"checking ([a-z ]+)\r", said)
    assert subjects == ([] if is_json else [code[7:].replace("_", " ") for code in CHECKS])


def test_a_file_gets_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    terminal = a_terminal()
    terminal.progress("1 of 2")
    terminal.say("done")
    assert stderr.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 王小明", "Zoë 王小明"),
        ("a\x1b[2Jb", "a?[2Jb"),
        ("a\x9b2Jb", "a?2Jb"),
        ("a\u202eb", "a?b"),
        ("a\nb", "a?b"),
        ("a\udcffb", "a?b"),
    ],
)
def test_what_cannot_be_seen_is_a_question_mark(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_table_cell_and_a_refusal_show_no_hidden_character(
    capsys: pytest.CaptureFixture[str],
) -> None:
    a_terminal().table(["name"], [["a\x1b[2Jb"]], "")
    a_terminal().value({}, "folder a\x1b[2Jb\nand a second line")
    a_terminal().say("a\u202eb")
    a_terminal().refusal(UnknownReasonCode(code="a\x1b[2Jb"))
    output, errors = capsys.readouterr()
    assert "\x1b" not in output + errors
    assert "a?[2Jb\n" in output
    assert "folder a?[2Jb\nand a second line\na?b\n" in output
    assert "a?[2Jb" in errors


def test_a_command_in_a_sentence_can_be_copied(capsys: pytest.CaptureFixture[str]) -> None:
    a_terminal().refusal(NotRunning(folder="/a folder/it's"))
    said = capsys.readouterr().err
    assert "`countersign run --data '/a folder/it'\"'\"'s'`" in said
    a_terminal().refusal(NotRunning(folder="/plain"))
    assert "`countersign run --data /plain`" in capsys.readouterr().err


def test_a_time_is_iso_8601_in_utc() -> None:
    assert moment(1_795_000_000_007) == "2026-11-18T11:06:40.007Z"


def test_every_finding_of_a_check_has_words() -> None:
    found = {rule.code for rule in DEFAULT_POLICY.rules} | {FACTS_MISSING, checks.FROZEN_SIDE}
    found |= {checks.FACTOR_MISSING, checks.CREDENTIAL_REVOKED, checks.CREDITOR_CHANGED}
    assert all(in_words(code).startswith(f"{code}: ") for code in found)
    assert in_words("ledger.insufficient_funds").startswith("ledger.insufficient_funds: The acc")
    assert in_words("not.known") == "not.known"


def test_a_rejection_gives_a_known_reason_code() -> None:
    assert {"CUST", "FRAD", "TECH", "DUPL", "AC03", "NARR"} <= set(REJECT_CODES)
    assert reject_code("FRAD") == "FRAD"
    for wrong in ("", "frad", "ZZZZ", "a b!"):
        with pytest.raises(UnknownReasonCode):
            reject_code(wrong)


def test_a_file_for_a_data_folder_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setenv("COUNTERSIGN_DATA", "elsewhere")
    for wrong in (pipe, pipe / "below"):
        assert main(["accounts", "list", "--data", str(wrong)]) == REFUSED
        assert capsys.readouterr().err.startswith("cli.not_a_folder: ")


def test_a_demo_has_a_folder_of_its_own_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("demo", "named", "argued"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"thing of {name}").touch()  # So that it is refused by its name.
    for environment, more, name in (
        ("", [], "demo"),
        ("named", [], "named"),
        ("named", ["--data", "argued"], "argued"),
    ):
        monkeypatch.setenv("COUNTERSIGN_DATA", environment)
        assert main(["demo", *more]) == REFUSED
        said = capsys.readouterr().err
        assert said.startswith("installation.foreign_folder: ")
        assert f"thing of {name}" in said


def test_what_the_system_refuses_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", "elsewhere")
    (tmp_path / "instance.json").mkdir()
    assert main(["accounts", "list", "--data", str(tmp_path)]) == REFUSED
    said = capsys.readouterr().err
    assert said.startswith("cli.system_refused: The operating system refused ")
    assert "instance.json: Is a directory" in said


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh_TW.UTF-8"),
        ({"LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, "zh_TW.UTF-8"),
        ({"LC_ALL": "C", "LC_MESSAGES": "zh_TW.UTF-8", "LANG": "zh_TW.UTF-8"}, "C"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_TW"}, "zh_TW"),
    ],
)
def test_the_language_is_looked_for_as_gettext_does(
    environment: dict[str, str], language: str
) -> None:
    assert language_of(environment) == language


def test_a_refusal_is_said_in_chinese(tmp_path: Path) -> None:
    command = ["countersign.entrypoints.cli.main", "accounts", "list", "--data", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env=os.environ | {"LC_ALL": "zh_TW.UTF-8", "LANG": "C"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    said = done.stderr.decode("utf-8")
    assert done.returncode == REFUSED
    assert said.startswith(f"installation.not_set_up: {tmp_path} 中沒有安裝")
