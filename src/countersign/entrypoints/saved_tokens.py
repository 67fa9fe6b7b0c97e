"""Tokens of credentials that are kept in the data folder, for who orders on this machine."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from countersign.entrypoints.installation import Installation

_FOLDER = "tokens"


def saved_tokens(installation: Installation) -> dict[str, Path]:
    """Where tokens are kept, by the names of their credentials."""
    return tokens_in(installation.data_dir)


def tokens_in(data_dir: Path) -> dict[str, Path]:
    """The same for a data folder, whatever state it is in."""
    return {unquote(file.stem): file for file in sorted((data_dir / _FOLDER).glob("*.token"))}


@contextlib.contextmanager
def kept_token(installation: Installation, name: str, token: str) -> Iterator[Callable[[], object]]:
    """Write a token; what is given puts it in its place, once the token opens something."""
    folder = installation.data_dir / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{quote(name, safe='')}.token"
    part = file.with_name(f"{file.name}.part")
    descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(token)
        yield lambda: part.replace(file)
    finally:
        part.unlink(missing_ok=True)
