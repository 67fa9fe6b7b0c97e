"""Tokens of credentials that are kept in the data folder, for who orders on this machine."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from countersign.entrypoints.installation import Installation


def saved_tokens(installation: Installation) -> dict[str, Path]:
    """Where tokens are kept, by the names of their credentials."""
    files = sorted(_folder(installation).glob("*.token"))
    return {unquote(file.stem): file for file in files}


@contextlib.contextmanager
def kept_token(installation: Installation, name: str, token: str) -> Iterator[Callable[[], object]]:
    """Write a token; what is given puts it in its place, once the token opens something."""
    folder = _folder(installation)
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


def _folder(installation: Installation) -> Path:
    return installation.data_dir / "tokens"
