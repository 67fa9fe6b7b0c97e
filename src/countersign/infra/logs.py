"""Logs for operators: one JSON object a line on stderr, with time, level, event and fields.

An event is named `area.what_happened`; what varies goes into fields. Secrets, accounts and card
numbers are taken out of every line, other libraries' lines too. Of an exception its type and place
are shown, not its message, because a driver's message repeats the values it was given; a refusal's
code says the rest.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

from countersign.infra.clock import Clock, SystemClock
from countersign.infra.redaction import redact_fields, redact_text
from countersign.infra.settings import LogLevel
from countersign.kernel.refusal import Refusal


class Log:
    """Writes events of one part of the program."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, /, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        self._write(logging.ERROR, event, fields)

    def failure(self, event: str, error: BaseException, /, **fields: object) -> None:
        """Write an error with the type and the place of the exception behind it."""
        self._write(logging.ERROR, event, fields, error=error)

    def _write(
        self,
        level: int,
        event: str,
        fields: dict[str, object],
        *,
        error: BaseException | None = None,
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, "%s", event, exc_info=error, extra={_FIELDS: fields})


def get_logger(name: str) -> Log:
    """Give the log of a part of the program; `name` is usually `__name__`."""
    return Log(name)


def configure_logs(
    level: LogLevel, *, stream: TextIO | None = None, clock: Clock | None = None
) -> None:
    """Send every log of this process, once, to one stream; only entrypoints call this."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonFormatter(clock or SystemClock()))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.name)
    # A failing log line must not print the record, with its fields, to stderr.
    logging.raiseExceptions = False


class _JsonFormatter(logging.Formatter):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _utc_text(self._clock.now_ms()),
            "level": record.levelname.lower(),
            "event": redact_text(record.getMessage()),
            "from": record.name,
        }
        fields = redact_fields(getattr(record, _FIELDS, {}))
        # A field may not pass itself off as the line's own time, level or event.
        line |= {name if name not in line else f"{name}_": value for name, value in fields.items()}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line |= _about(error)
        # Escaped to ASCII, so that no text in a field can steer the terminal that shows it.
        return json.dumps(line)


_FIELDS = "countersign_fields"


def _utc_text(now_ms: int) -> str:
    moment = datetime.fromtimestamp(now_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{now_ms % 1000:03d}Z"


def _about(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    about: dict[str, object] = {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, Refusal):
        about["code"] = error.code
    return about
