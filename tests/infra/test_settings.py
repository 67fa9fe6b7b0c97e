"""Environment over file over default, and no slip in the file passes in silence."""

import os
import re
from pathlib import Path

import pytest
from tests.support.postgres import reachable_folder
from tests.support.processes import run_as_ordinary_user

from countersign.infra.settings import (
    FILE_NAME,
    BadSetting,
    LogLevel,
    SettingsOutOfReach,
    UnknownSetting,
    UnreadableSettings,
    load_settings,
    plain_path,
)
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast


def environment_of(data_dir: Path, **variables: str) -> dict[str, str]:
    return {"COUNTERSIGN_DATA": str(data_dir), **variables}


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    assert settings.data_dir == tmp_path / "data"
    assert settings.log_level is LogLevel.INFO
    assert (settings.database_url, settings.pg_user, settings.pg_bindir) == (None, None, None)
    assert settings.environment is None
    assert (settings.key_file, settings.passphrase_file, settings.schema_dir) == (None,) * 3


def test_every_key_is_read_from_the_environment(tmp_path: Path) -> None:
    settings = load_settings(
        environment_of(
            tmp_path,
            COUNTERSIGN_DATABASE_URL="postgresql://admin:word@db.example/postgres",
            COUNTERSIGN_PG_BINDIR="/opt/pg/bin",
            COUNTERSIGN_PG_USER="pgowner",
            COUNTERSIGN_KEY_FILE="/etc/countersign/key",
            COUNTERSIGN_PASSPHRASE_FILE="/etc/countersign/passphrase",
            COUNTERSIGN_SCHEMA_DIR="/srv/schemas",
            COUNTERSIGN_LOG_LEVEL="WARNING",
        )
    )
    assert settings.database_url == "postgresql://admin:word@db.example/postgres"
    assert settings.pg_bindir == Path("/opt/pg/bin")
    assert settings.pg_user == "pgowner"
    assert settings.key_file == Path("/etc/countersign/key")
    assert settings.passphrase_file == Path("/etc/countersign/passphrase")
    assert settings.schema_dir == Path("/srv/schemas")
    assert settings.watch_dir is None
    assert settings.log_level is LogLevel.WARNING


def test_environment_outranks_the_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('pg_user = "from_file"\nlog_level = "debug"\n')
    settings = load_settings(environment_of(tmp_path, COUNTERSIGN_PG_USER="from_environment"))
    assert settings.pg_user == "from_environment"
    assert settings.log_level is LogLevel.DEBUG


def test_an_empty_variable_is_not_set(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('pg_user = "from_file"\n')
    settings = load_settings(environment_of(tmp_path, COUNTERSIGN_PG_USER=""))
    assert settings.pg_user == "from_file"


def test_a_path_is_shown_without_detours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    for path in ("../../data", "./../x/../../data", f"{tmp_path}/a/../data"):
        assert load_settings({"COUNTERSIGN_DATA": path}).data_dir == tmp_path / "data"
    assert load_settings({"COUNTERSIGN_DATA": ".."}).data_dir == tmp_path / "a"
    # After a link `..` is where the link leads, and a data folder that is a link stays one, so
    # that its key stays beside it.
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b")
    assert plain_path(tmp_path / "link" / ".." / "c") == tmp_path / "a" / "c"
    assert plain_path(tmp_path / "a" / ".." / "link") == tmp_path / "link"


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / FILE_NAME).write_text('key_file = "../keys/one"\n')
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environment_of(data_dir, COUNTERSIGN_SCHEMA_DIR="schemas"))
    assert settings.key_file == tmp_path / "keys" / "one"
    assert settings.schema_dir == tmp_path / "schemas"


def test_the_recipe_shows_a_database_url_that_is_taken(tmp_path: Path) -> None:
    recipe = Path(__file__).parents[2] / "docs" / "recipes" / "settings.md"
    (row,) = [
        line for line in recipe.read_text("utf-8").splitlines() if "| `database_url` |" in line
    ]
    shown = re.search(r"`(\w+://[^`]+)`", row)
    assert shown
    assert "conninfo" not in row
    (tmp_path / FILE_NAME).write_text(f'database_url = "{shown[1]}"')
    assert load_settings(environment_of(tmp_path)).database_url == shown[1]


@pytest.mark.parametrize(
    ("content", "refusal", "details"),
    [
        ('database_uri = "postgresql://x"', UnknownSetting, {"key": "database_uri"}),
        ('data_dir = "/elsewhere"', UnknownSetting, {"key": "data_dir"}),
        ("[postgres]\nuser = 'x'", UnknownSetting, {"key": "postgres"}),
        ("pg_user = 5", BadSetting, {"name": "pg_user"}),
        ('pg_user = ""', BadSetting, {"name": "pg_user"}),
        ('log_level = "loud"', BadSetting, {"name": "log_level"}),
        ('database_url = "mysql://x"', BadSetting, {"name": "database_url"}),
        ('database_url = "host=db user=x"', BadSetting, {"name": "database_url"}),
        ('database_url = "hunter2', UnreadableSettings, {}),
    ],
)
def test_a_bad_file_is_refused_by_name(
    tmp_path: Path, content: str, refusal: type[Refusal], details: dict[str, str]
) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(refusal) as refused:
        load_settings(environment_of(tmp_path))
    assert refused.value.details.items() >= details.items()
    assert "hunter2" not in str(refused.value)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SettingsOutOfReach):
        load_settings(environment_of(tmp_path))


def before_a_closed_folder(folder: Path) -> None:
    (folder / FILE_NAME).write_text("")
    folder.chmod(0o600)
    with pytest.raises(SettingsOutOfReach) as refused:
        load_settings(environment_of(folder))
    assert refused.value.details == {"file": str(folder / FILE_NAME), "why": "Permission denied"}
    assert "TOML" not in refused.value.sentence()


def test_a_folder_that_may_not_be_entered_is_no_bad_toml() -> None:
    with reachable_folder() as folder:
        run_as_ordinary_user(before_a_closed_folder, folder)


def test_a_pipe_in_place_of_the_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE_NAME)
    with pytest.raises(SettingsOutOfReach):
        load_settings(environment_of(tmp_path))


def test_the_url_is_not_shown(tmp_path: Path) -> None:
    url = "postgresql://admin:hunter2@db.example/postgres"
    settings = load_settings(environment_of(tmp_path, COUNTERSIGN_DATABASE_URL=url))
    assert "hunter2" not in repr(settings)


def test_an_environment_has_a_short_name_of_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('environment = "test"')
    assert load_settings(environment_of(tmp_path)).environment == "test"
    named = environment_of(tmp_path, COUNTERSIGN_ENVIRONMENT=" 測試 ")
    assert load_settings(named).environment == "測試"
    for wrong in ("  ", "a\nb", "x" * 21):
        with pytest.raises(BadSetting) as refused:
            load_settings(environment_of(tmp_path, COUNTERSIGN_ENVIRONMENT=wrong))
        assert refused.value.details["name"] == "environment"
