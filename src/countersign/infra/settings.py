"""Where this installation's data, database and keys are: environment, then file, then default.

The file is DATA/countersign.toml; a key in it that is not known is refused by name, because a slip
there would otherwise be ignored in silence. A relative path counts from the working folder in the
environment, and from the data folder in the file. An empty variable counts as not set.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from countersign.kernel.refusal import Kind, Refusal

FILE_NAME = "countersign.toml"
API_PORT = 8440
CONSOLE_PORT = 8441
_PORT_MAX = 65_535
_ENVIRONMENT_MAX = 20  # Letters: it stands in the head of every page.


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one installation; every path is plain."""

    data_dir: Path
    database_url: str | None = field(repr=False)  # It may carry a password.
    pg_bindir: Path | None
    pg_user: str | None
    key_file: Path | None
    passphrase_file: Path | None
    schema_dir: Path | None
    log_level: LogLevel
    api_host: str
    api_port: int
    console_port: int
    console_hosts: tuple[str, ...]
    watch_dir: Path | None
    environment: str | None  # What an instance that is not production is called; None for one.


class UnknownSetting(Refusal):
    """The settings file {file} has the unknown key {key}; remove it or correct its name."""

    code = "settings.unknown_key"
    kind = Kind.INVALID
    chinese = "設定檔 {file} 含有未知的鍵 {key}；請移除或更正其名稱。"


class BadSetting(Refusal):
    """The setting {name} of {source} needs {expected}; correct it there."""

    code = "settings.bad_value"
    kind = Kind.INVALID
    chinese = "{source} 的設定 {name} 須為 {expected}；請在該處更正。"


class SettingsOutOfReach(Refusal):
    """The settings file {file} cannot be read: {why}.

    Run this as the user that runs Countersign, or correct the permissions of the file and its
    folder.
    """

    code = "settings.out_of_reach"
    kind = Kind.FORBIDDEN
    chinese = (
        "無法讀取設定檔 {file}：{why}。"
        "請以執行 Countersign 的使用者身分執行，或更正該檔與其資料夾的權限。"
    )


class UnreadableSettings(Refusal):
    """The settings file {file} cannot be read as TOML; correct it or remove it."""

    code = "settings.unreadable"
    kind = Kind.INVALID
    chinese = "無法以 TOML 讀取設定檔 {file}；請更正或移除。"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of this process's environment and of the data folder that it names."""
    environment = os.environ if environment is None else environment
    data_dir = plain_path(environment.get("COUNTERSIGN_DATA") or "data")
    file = data_dir / FILE_NAME
    texts = _texts_of_file(file)
    sources = dict.fromkeys(texts, str(file))
    given = variables_in(environment)
    for key, (variable, _) in _KEYS.items():
        if variable in given:
            texts[key] = given[variable]
            sources[key] = f"the variable {variable}"
    return Settings(
        data_dir=data_dir,
        database_url=_database_url(texts, sources),
        pg_bindir=_path(texts, "pg_bindir"),
        pg_user=texts.get("pg_user"),
        key_file=_path(texts, "key_file"),
        passphrase_file=_path(texts, "passphrase_file"),
        schema_dir=_path(texts, "schema_dir"),
        log_level=_log_level(texts, sources),
        api_host=texts.get("api_host", "127.0.0.1"),
        api_port=_port(texts, sources, "api_port", API_PORT),
        console_port=_port(texts, sources, "console_port", CONSOLE_PORT),
        console_hosts=tuple(texts.get("console_hosts", "").lower().replace(",", " ").split()),
        watch_dir=_path(texts, "watch_dir"),
        environment=_environment(texts, sources),
    )


def variables_in(environment: Mapping[str, str]) -> dict[str, str]:
    """What an environment sets, by variable, the data folder apart; every path is plain."""
    return {
        variable: str(plain_path(text)) if is_path else text
        for variable, is_path in _KEYS.values()
        if (text := environment.get(variable))
    }


def plain_path(path: str | Path) -> Path:
    """The path as people look for it: absolute, without `..`; a last name that is a link stays."""
    absolute = Path(path).absolute()
    if ".." not in absolute.parts:
        return absolute
    # What `..` means after a link only the file system knows.
    if absolute.name == "..":
        return Path(os.path.realpath(absolute))
    return Path(os.path.realpath(absolute.parent)) / absolute.name


# Key in the file: variable in the environment, and whether it is a path. The data folder has no key
# because the file lies in it.
_KEYS = {
    "api_host": ("COUNTERSIGN_API_HOST", False),
    "api_port": ("COUNTERSIGN_API_PORT", False),
    "console_hosts": ("COUNTERSIGN_CONSOLE_HOSTS", False),
    "console_port": ("COUNTERSIGN_CONSOLE_PORT", False),
    "database_url": ("COUNTERSIGN_DATABASE_URL", False),
    "environment": ("COUNTERSIGN_ENVIRONMENT", False),
    "key_file": ("COUNTERSIGN_KEY_FILE", True),
    "log_level": ("COUNTERSIGN_LOG_LEVEL", False),
    "passphrase_file": ("COUNTERSIGN_PASSPHRASE_FILE", True),
    "pg_bindir": ("COUNTERSIGN_PG_BINDIR", True),
    "pg_user": ("COUNTERSIGN_PG_USER", False),
    "schema_dir": ("COUNTERSIGN_SCHEMA_DIR", True),
    "watch_dir": ("COUNTERSIGN_WATCH_DIR", True),
}


def _texts_of_file(file: Path) -> dict[str, str]:
    try:
        if file.exists() and not file.is_file():  # A pipe would keep us waiting.
            raise SettingsOutOfReach(file=str(file), why="it is not a regular file")
        content = file.read_text(encoding="utf-8")
        values = tomllib.loads(content)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsOutOfReach(file=str(file), why=str(error.strerror)) from None
    except ValueError:
        # The parser's message is dropped: it may repeat a line that holds a password.
        raise UnreadableSettings(file=str(file)) from None
    texts = {}
    for key, value in values.items():
        if key not in _KEYS:
            raise UnknownSetting(file=str(file), key=key)
        if not isinstance(value, str) or not value:
            raise BadSetting(name=key, source=str(file), expected="a text that is not empty")
        texts[key] = str(plain_path(file.parent / value)) if _KEYS[key][1] else value
    return texts


def _path(texts: Mapping[str, str], key: str) -> Path | None:
    return Path(texts[key]) if key in texts else None


def _port(texts: Mapping[str, str], sources: Mapping[str, str], key: str, default: int) -> int:
    text = texts.get(key)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:6]) > _PORT_MAX:
        expected = f"a port from 0 (any that is free) to {_PORT_MAX}"
        raise BadSetting(name=key, source=sources[key], expected=expected)
    return int(text)


def _log_level(texts: Mapping[str, str], sources: Mapping[str, str]) -> LogLevel:
    try:
        return LogLevel(texts.get("log_level", LogLevel.INFO).lower())
    except ValueError:
        expected = "one of " + ", ".join(LogLevel)
        source = sources["log_level"]
        raise BadSetting(name="log_level", source=source, expected=expected) from None


def _environment(texts: Mapping[str, str], sources: Mapping[str, str]) -> str | None:
    name = texts.get("environment")
    if name is None:
        return None
    if not name.strip() or not name.isprintable() or len(name) > _ENVIRONMENT_MAX:
        expected = f"a name of at most {_ENVIRONMENT_MAX} letters, such as test"
        raise BadSetting(name="environment", source=sources["environment"], expected=expected)
    return name.strip()


def _database_url(texts: Mapping[str, str], sources: Mapping[str, str]) -> str | None:
    url = texts.get("database_url")
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        expected = "postgresql://user:password@host/database"
        source = sources["database_url"]
        raise BadSetting(name="database_url", source=source, expected=expected)
    return url
