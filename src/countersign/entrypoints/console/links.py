"""One-time links: how a person without a password comes to a session.

Whoever may write into the data folder may make one, as with the operator's socket. Rules: 1. Only
the hash of a token is kept, as the name of a file. 2. A link opens once: it is spent by removing
its file, which succeeds for one process alone. 3. Ten minutes later it opens nothing.
"""

import os
import secrets
from hashlib import sha256
from pathlib import Path

from countersign.entrypoints.console.errors import LinkSpent
from countersign.infra.clock import Clock

LINK_MS = 10 * 60 * 1000
TOKEN_BYTES = 32
FOLDER = "console"
_ADDRESS = "address"


def make_link(data_dir: Path, clock: Clock) -> str:
    """The token of a new link."""
    folder = _links(data_dir)
    _forget_old(folder, clock.now_ms())
    token = secrets.token_urlsafe(TOKEN_BYTES)
    _write(folder / _name(token), str(clock.now_ms() + LINK_MS))
    return token


def spend_link(data_dir: Path, token: str, clock: Clock) -> None:
    """Use a link up; raises LinkSpent for whatever opens nothing."""
    file = _links(data_dir) / _name(token)
    try:
        until_ms = int(file.read_text())
        file.unlink()
    except (FileNotFoundError, ValueError):
        raise LinkSpent from None
    if clock.now_ms() >= until_ms:
        raise LinkSpent


def note_address(data_dir: Path, address: str) -> None:
    """Leave word where the console answers, for who makes links."""
    file = _folder(data_dir) / _ADDRESS
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    _write(beside, address)
    beside.replace(file)


def noted_address(data_dir: Path) -> str | None:
    """Where the console said last that it answers."""
    try:
        return (data_dir / FOLDER / _ADDRESS).read_text()
    except FileNotFoundError:
        return None


def link_of(address: str, token: str) -> str:
    """The link as a person opens it."""
    return f"{address}/enter?link={token}"


def _name(token: str) -> str:
    return sha256(b"countersign/console-link/v1\x00" + token.encode()).hexdigest()


def _folder(data_dir: Path) -> Path:
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _links(data_dir: Path) -> Path:
    folder = _folder(data_dir) / "links"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _forget_old(folder: Path, now_ms: int) -> None:
    for file in folder.iterdir():
        try:
            is_over = int(file.read_text()) <= now_ms
        except FileNotFoundError:
            continue
        except ValueError:
            is_over = True
        if is_over:
            file.unlink(missing_ok=True)


def _write(file: Path, content: str) -> None:
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(content)
