"""A systemd unit that systemd takes, and a start by it with nobody there."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres import reachable_folder

from countersign.entrypoints.installation import Installation, load_installation, set_up
from countersign.entrypoints.service_notice import READY, ServiceManager
from countersign.entrypoints.service_unit import SecretInEnvironment, unit_of
from countersign.infra.database import Role
from countersign.infra.settings import load_settings
from countersign.vault.errors import KeyFileExposed, KeyInsideData
from countersign.vault.protectors import create_key_file

HOME = Path("/home", "ada")
VERIFIER = shutil.which("systemd-analyze")


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    """Of an installation whose key lies elsewhere; the folders' names mean something to systemd."""
    data, key = folder / 'a "house" of 50%h $HOME \\n', folder / "keys apart" / "it is this.key"
    key.parent.mkdir()
    given = {
        "COUNTERSIGN_DATA": str(data),
        "COUNTERSIGN_KEY_FILE": str(key),
        "COUNTERSIGN_API_PORT": "0",
        "COUNTERSIGN_CONSOLE_PORT": "0",
    }
    create_key_file(key, data_dir=data)
    set_up(load_settings(given), name="unattended")
    return given


def installation(environment: dict[str, str]) -> Installation:
    return load_installation(load_settings(environment))


def values(unit: str, name: str) -> list[str]:
    return [line.partition("=")[2] for line in unit.splitlines() if line.partition("=")[0] == name]


def read(text: str) -> list[str]:
    """The words of a value, as systemd reads them."""
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(text)]


@pytest.mark.fast
def test_a_unit_names_what_it_needs_and_gives_up_the_rest(environment: dict[str, str]) -> None:
    unit = unit_of(installation(environment), environment)
    data = environment["COUNTERSIGN_DATA"]
    (command,) = values(unit, "ExecStart")
    assert read(command)[-2:] == ["--data", data]
    assert [read(one)[0] for one in values(unit, "Environment")] == [
        f"{name}={environment[name]}" for name in sorted(environment) if name[12:] != "DATA"
    ]
    assert [read(one) for one in values(unit, "ReadWritePaths")] == [[data]]
    for wanted in ("ProtectSystem=strict", "NoNewPrivileges=yes", "KillMode=mixed", "Type=notify"):
        assert wanted in unit.splitlines()
    has_capabilities = values(unit, "CapabilityBoundingSet") != [""]
    assert has_capabilities == (os.geteuid() == 0)
    (Path(data) / "countersign.toml").write_text('database_url = "postgresql://a:b@h/c"\n', "utf-8")
    external = unit_of(installation(environment), environment)
    assert values(external, "CapabilityBoundingSet") == [""]
    assert "postgresql://" not in external


@pytest.mark.fast
def test_a_unit_reaches_an_interpreter_in_a_home_from_elsewhere(
    environment: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def protected(executable: str, base: str) -> list[str]:
        monkeypatch.setattr(sys, "executable", executable)
        monkeypatch.setattr(sys, "prefix", "/opt/venv")
        monkeypatch.setattr(sys, "base_prefix", base)
        return values(unit_of(installation(environment), environment), "ProtectHome")

    (folder / "python").symlink_to(f"{HOME}/.versions/bin/python3")
    assert protected("/opt/venv/bin/python", "/usr") == ["yes"]
    assert protected(str(folder / "python"), "/usr") == ["read-only"]
    assert protected("/opt/venv/bin/python", f"{HOME}/python") == ["read-only"]


@pytest.mark.fast
def test_what_cannot_start_with_nobody_there_gets_no_unit(environment: dict[str, str]) -> None:
    key = Path(environment["COUNTERSIGN_KEY_FILE"])
    key.chmod(0o640)
    with pytest.raises(KeyFileExposed):
        unit_of(installation(environment), environment)
    key.chmod(0o600)
    inside = str(key.rename(Path(environment["COUNTERSIGN_DATA"]) / "key"))
    with pytest.raises(KeyInsideData):
        unit_of(installation(environment | {"COUNTERSIGN_KEY_FILE": inside}), environment)


@pytest.mark.fast
@pytest.mark.parametrize("end", ["\r", "\n", "\x1b", "\x7f"])
def test_no_path_ends_a_line_of_a_unit(environment: dict[str, str], end: str) -> None:
    watched = {"COUNTERSIGN_WATCH_DIR": f"/srv/w{end}ExecStartPre=/bin/evil"}
    unit = unit_of(installation(environment | watched), environment | watched)
    assert f"\\x{ord(end):02x}ExecStartPre" in unit
    assert not any(line.startswith("ExecStartPre") for line in unit.splitlines())


@pytest.mark.fast
def test_no_secret_stands_in_a_unit(environment: dict[str, str]) -> None:
    url = {"COUNTERSIGN_DATABASE_URL": "postgresql://admin:hunter2@h/x"}
    with pytest.raises(SecretInEnvironment) as refused:
        unit_of(installation(environment), environment | url)
    assert "hunter2" not in refused.value.sentence()


@pytest.mark.fast
def test_a_word_goes_to_whoever_waits_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = ServiceManager()
    for address in (str(tmp_path / "notify"), f"@{tmp_path.name}/notify"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
            listening.bind(address.replace("@", "\0"))
            monkeypatch.setenv("NOTIFY_SOCKET", address)
            manager = ServiceManager()
            assert "NOTIFY_SOCKET" not in os.environ, "no child speaks for us"
            manager.tell(READY)
            assert listening.recv(100) == b"READY=1"
    manager.tell(READY)  # Nobody listens any more.
    ServiceManager().tell(READY)


@pytest.mark.skipif(VERIFIER is None, reason="needs systemd-analyze")
def test_systemd_takes_the_unit(environment: dict[str, str], folder: Path) -> None:
    unit = folder / "countersign.service"
    text = unit_of(installation(environment), environment)
    for content, is_good in ((text, True), (text.replace("UMask=", "UMusk="), False)):
        unit.write_text(content, "utf-8")
        done = subprocess.run(
            [str(VERIFIER), "verify", "--man=no", str(unit)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said = [line for line in done.stderr.splitlines() if unit.name in line]
        assert (said == []) == is_good, done.stderr
        assert not is_good or done.returncode == 0, done.stderr


@pytest.mark.postgres
@pytest.mark.timeout(180)
def test_its_command_starts_with_nobody_there_and_no_more_rights(
    environment: dict[str, str], folder: Path
) -> None:
    unit = unit_of(installation(environment), environment)
    own = dict(read(one)[0].split("=", 1) for one in values(unit, "Environment"))
    source = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(90)
        process = subprocess.Popen(
            [*_with_rights_of(unit), *read(values(unit, "ExecStart")[0])],
            env=own | source | {"NOTIFY_SOCKET": str(folder / "notify")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
            umask=0o077,
        )
        try:
            assert manager.recv(100) == b"READY=1"
            with psycopg.connect(installation(environment).dsn(Role.READER)) as connection:
                assert connection.execute("SELECT count(*) FROM gate.batch").fetchone() != (0,)
            process.send_signal(signal.SIGTERM)
            assert manager.recv(100) == b"STOPPING=1"
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()


def _with_rights_of(unit: str) -> list[str]:
    """The words before a command by which it has the capabilities of the unit alone."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return []
    kept = values(unit, "CapabilityBoundingSet")[0].lower().replace("cap_", "+").split()
    return ["setpriv", "--no-new-privs", "--inh-caps=-all", f"--bounding-set=-all,{','.join(kept)}"]
