"""The command as a process: Ctrl-C at any time, and an output that knows few letters."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.shell import COMMAND

from countersign.entrypoints.installation import set_up
from countersign.gate.client import short_address
from countersign.gate.requests import OPERATOR_SOCKET
from countersign.infra.settings import load_settings

pytestmark = pytest.mark.fast

_NAME = "王小明 Zoë \U0001f600"
# A terminal's own words in a process whose output knows only these letters.
_SAY = """
import sys
from countersign.entrypoints.cli import main
from countersign.entrypoints.cli.terminal import Terminal
main._bear_any_text()
Terminal(is_json=sys.argv[1] == "json", language="en").table(["name"], [[sys.argv[2]]], "")
"""


@pytest.mark.parametrize("module", ["argparse", "psycopg.pq", "numpy", "lxml.etree"])
def test_ctrl_c_while_modules_are_loaded_ends_without_a_word(module: str, tmp_path: Path) -> None:
    # Each module that is loaded is told on stderr, so we know where it is.
    command = [sys.executable, "-X", "importtime", *COMMAND[1:], "ingest", "a.xml", "--data"]
    with subprocess.Popen(
        [*command, str(tmp_path)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        assert process.stdout
        for line in process.stderr:
            if line.rpartition("|")[2].strip() == module:
                break
        process.send_signal(signal.SIGINT)
        rest = [line for line in process.stderr if not line.startswith("import time:")]
        assert (process.wait(60), rest, process.stdout.read()) == (130, [], "")


def test_ctrl_c_while_the_gate_is_asked_ends_without_a_word(tmp_path: Path) -> None:
    installation = set_up(load_settings({"COUNTERSIGN_DATA": str(tmp_path / "data")}), name="own")
    installation.sockets.mkdir()
    path, descriptor = short_address(installation.sockets, OPERATOR_SOCKET)
    with socket.socket(socket.AF_UNIX) as gate:
        gate.bind(path)
        os.close(descriptor)
        gate.listen()
        with subprocess.Popen(
            [*COMMAND, "credential", "list", "--data", str(installation.data_dir)],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            with gate.accept()[0] as asked:
                assert asked.recv(1), "it has asked and waits for an answer"
                process.send_signal(signal.SIGINT)
                assert process.communicate(timeout=60) == (b"", b"")
            assert process.returncode == 130


def test_ctrl_c_that_the_shell_has_ignored_stays_ignored(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", *COMMAND[1:], "accounts", "list", "--data"]
    with subprocess.Popen(
        [*command, str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if line.rpartition("|")[2].strip() == "argparse":
                break
        process.send_signal(signal.SIGINT)
        assert "installation.not_set_up: " in process.stderr.read()
        assert process.wait(60) == 1


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "big5"])
def test_an_output_that_lacks_letters_escapes_them(encoding: str) -> None:
    said = {}
    for form in ("text", "json"):
        done = subprocess.run(
            [sys.executable, "-c", _SAY, form, _NAME],
            env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
            capture_output=True,
            check=True,
            timeout=60,
        )
        said[form] = done.stdout
    assert b"\\U0001f600" in said["text"]
    assert json.loads(said["json"].decode(encoding)) == [{"name": _NAME}]


def test_a_chinese_sentence_on_a_terminal_of_another_language_is_no_traceback(
    tmp_path: Path,
) -> None:
    data = tmp_path / "王"
    set_up(load_settings({"COUNTERSIGN_DATA": str(data)}), name="own")
    for more in ([], ["--json"]):
        done = subprocess.run(
            [*COMMAND, "doctor", "--data", str(data), *more],
            env=os.environ | {"PYTHONIOENCODING": "latin-1", "LC_ALL": "zh_TW.UTF-8"},
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert b"Traceback" not in done.stderr
        assert b"\\u738b" in done.stdout
