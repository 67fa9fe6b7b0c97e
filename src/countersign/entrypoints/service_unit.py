"""A systemd unit for one installation, which may write its own folders and little else.

Rules: 1. It runs as the folder's owner. Only root's, with a database server of its own, keeps
capabilities: those with which that server is made another user. 2. Whatever this environment sets
stands in it, but no secret: a unit can be read by everybody. 3. What it prints has been tried: the
key opens the keyset now, with nobody there to ask.
"""

import pwd
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from countersign.entrypoints.installation import Installation, key_of
from countersign.infra.postgres.errors import UnknownUser
from countersign.infra.settings import variables_in
from countersign.kernel.refusal import Kind, Refusal

_SECRET = "COUNTERSIGN_DATABASE_URL"  # noqa: S105  # The name of what may hold a password.
_KEY = "COUNTERSIGN_KEY_FILE"
_PASSPHRASE = "COUNTERSIGN_PASSPHRASE_FILE"  # noqa: S105  # The name of a variable.
_ROOTS_CAPABILITIES = "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_SETGID CAP_SETUID"
_HOMES = ("/home", "/root", "/run/user")
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  # Nothing is put there.


class SecretInEnvironment(Refusal):
    """{variable} may hold a password, and a unit can be read by everybody.

    Set it as database_url in countersign.toml in the data folder, remove the variable, ask again.
    """

    code = "service.secret_in_environment"
    kind = Kind.CONFLICT
    chinese = (
        "{variable} 可能含有密碼，而服務單元檔人人可讀。"
        "請改在資料夾的 countersign.toml 中設定 database_url，移除該變數後重試。"
    )


def unit_of(installation: Installation, environment: Mapping[str, str]) -> str:
    """The text of the unit; raises what stands against a start with nobody there."""
    given = variables_in(environment)
    if _SECRET in given:
        raise SecretInEnvironment(variable=_SECRET)
    installation.keyset()
    key = key_of(installation.settings)
    is_passphrase = installation.settings.passphrase_file is not None
    given = {name: text for name, text in given.items() if name not in {_KEY, _PASSPHRASE}}
    given[_PASSPHRASE if is_passphrase else _KEY] = str(key)
    command = [sys.executable, "-m", "countersign.entrypoints.cli.main", "run"]
    command += ["--data", str(installation.data_dir)]
    written = [installation.data_dir, installation.settings.watch_dir]
    lines = [
        "[Unit]",
        f"Description=Countersign {_value(installation.name)}",
        "Wants=network-online.target",
        "After=network-online.target postgresql.service",
        "# A gate that ended for a reason is not started for ever.",
        "StartLimitIntervalSec=300",
        "StartLimitBurst=5",
        "",
        "[Service]",
        "Type=notify",
        f"User={_owner_of(installation.data_dir)}",
        *(f"Environment={_quoted(f'{name}={text}')}" for name, text in sorted(given.items())),
        f"ExecStart={' '.join(_argument(word) for word in command)}",
        "# Its values, among them a link that opens the console; its log is on stderr.",
        "StandardOutput=null",
        "Restart=on-failure",
        "RestartSec=5s",
        "# A long tail of the journal is replayed before it is ready.",
        "TimeoutStartSec=10min",
        "# It stops its parts in order; by force only what is left then.",
        "KillMode=mixed",
        "TimeoutStopSec=90s",
        "LimitNOFILE=65536",
        "UMask=0077",
        "",
        *_hardening([path for path in written if path], installation, key),
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return "\n".join(lines)


def _owner_of(folder: Path) -> str:
    uid = folder.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise UnknownUser(user=str(uid)) from None


def _hardening(written: list[Path], installation: Installation, key: Path) -> Iterator[str]:
    settings = installation.settings
    python = (sys.executable, sys.prefix, sys.base_prefix)
    named = [*written, key, *(Path(name) for name in python)]
    # What an environment links to may lie in somebody's home although the environment does not.
    needed = named + [path.resolve() for path in named]
    has_own_server = settings.database_url is None
    is_root = installation.data_dir.stat().st_uid == 0
    yield "ProtectSystem=strict"
    yield f"ReadWritePaths={' '.join(_quoted(str(path)) for path in written)}"
    yield f"ProtectHome={'read-only' if _is_below(needed, _HOMES) else 'yes'}"
    yield f"PrivateTmp={'no' if _is_below(needed, _TEMPORARY) else 'yes'}"
    yield f"CapabilityBoundingSet={_ROOTS_CAPABILITIES if is_root and has_own_server else ''}"
    yield "AmbientCapabilities="
    yield "NoNewPrivileges=yes"
    yield "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"
    for name in (
        *("PrivateDevices", "ProtectClock", "ProtectControlGroups", "ProtectHostname"),
        *("ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables"),
        *("LockPersonality", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID"),
    ):
        yield f"{name}=yes"
    yield "SystemCallArchitectures=native"


_SPACE, _DELETE = 0x20, 0x7F


def _is_below(paths: list[Path], roots: tuple[str, ...]) -> bool:
    return any(path.is_relative_to(root) for path in paths for root in roots)


def _value(text: str) -> str:
    """Where `%` begins a specifier."""
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """One word of a list, whatever it holds (systemd.syntax(7))."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    # A line may not end in it, nor what a terminal would obey stand in it: to systemd a carriage
    # return ends a line too.
    escaped = "".join(
        f"\\x{ord(c):02x}" if ord(c) < _SPACE or ord(c) == _DELETE else c for c in escaped
    )
    return f'"{_value(escaped)}"'


def _argument(text: str) -> str:
    """One word of a command line, where `$` begins a variable as well (systemd.service(5))."""
    return _quoted(text.replace("$", "$$"))
