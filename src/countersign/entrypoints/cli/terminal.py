"""What a command says: tables for people, one JSON value with `--json`, progress on stderr.

Rules: 1. Text that came from outside shows no character that cannot be seen, so that no file moves
the cursor or the order of what is read. 2. Progress is for a screen alone, and gone before anything
else is said.
"""

import contextlib
import json
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from countersign.gate.commands import Answer
from countersign.gate.sentences import refusal_of
from countersign.infra.clock import monotonic
from countersign.kernel.refusal import Refusal, refusal_class

DONE = 0
REFUSED = 1
USAGE = 2
_PROGRESS_SECONDS = 0.2
# As gettext reads them: the first that is not empty counts.
_LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Terminal:
    """The streams of one command."""

    def __init__(self, *, is_json: bool, language: str) -> None:
        self.is_json = is_json
        self._language = "zh" if language.startswith("zh") else "en"
        self._is_in_progress = False
        self._next_progress = 0.0

    def value(self, value: object, text: str) -> int:
        """One result: the JSON value or the sentence."""
        self._out(_json(value) if self.is_json else visible_lines(text))
        return DONE

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> int:
        """Rows as an aligned table, or as a JSON list of objects."""
        if self.is_json:
            self._out(_json([dict(zip(headings, row, strict=True)) for row in rows]))
        elif not rows:
            self._out(empty)
        else:
            for line in _aligned([list(headings), *[[_cell(v) for v in row] for row in rows]]):
                self._out(line)
        return DONE

    def refusal(self, refusal: Refusal) -> int:
        """Say why it was refused and what to do next."""
        sentence = _quoted(refusal).sentence("zh" if self._language == "zh" else "en")
        return self._refused(refusal.code, sentence)

    def refused_answer(self, answer: Answer) -> int:
        """Say why the gate refused a command, with the details that it gave."""
        return self.refusal(refusal_of(answer))

    def refused_code(self, code: str) -> int:
        """Say what a code that came from the gate means."""
        return self.refusal(refusal_class(code)())

    def progress(self, text: str) -> None:
        """Say how far long work is, in one line that is written over; a few times a second."""
        if monotonic() >= self._next_progress:
            self._show_progress(text)

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Say what is being done that may take its time, and only while it is."""
        self._show_progress(text)
        try:
            yield
        finally:
            self._end_progress()

    def _show_progress(self, text: str) -> None:
        if self.is_json or not sys.stderr.isatty():
            return
        self._is_in_progress = True
        self._next_progress = monotonic() + _PROGRESS_SECONDS
        columns = shutil.get_terminal_size().columns
        sys.stderr.write(f"\r\x1b[K{visible(text)[: columns - 1]}")
        sys.stderr.flush()

    def say(self, text: str) -> None:
        """A remark for people only."""
        if not self.is_json:
            self._out(visible_lines(text))

    def _refused(self, code: str, sentence: str) -> int:
        if self.is_json:
            self._out(_json({"error": {"code": code, "sentence": sentence}}))
        else:
            self._end_progress()
            print(f"{code}: {visible(sentence)}", file=sys.stderr)
        return REFUSED

    def _out(self, text: str) -> None:
        self._end_progress()
        print(text, flush=True)

    def _end_progress(self) -> None:
        if self._is_in_progress:
            self._is_in_progress = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def language_of(environment: Mapping[str, str]) -> str:
    """The locale in which messages are wanted, such as zh_TW.UTF-8."""
    return next(filter(None, map(environment.get, _LANGUAGE_VARIABLES)), "en")


def visible(text: str) -> str:
    """The text with a question mark for each character that cannot be seen."""
    return "".join("?" if unicodedata.category(c) in _UNSEEN else c for c in text)


def visible_lines(text: str) -> str:
    """The same for text of several lines."""
    return "\n".join(map(visible, text.split("\n")))


# Controls, formats (which change the direction of writing), lone surrogates, line ends.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def _quoted(refusal: Refusal) -> Refusal:
    """The refusal with its folder as a shell takes it: the sentence may have a command to copy."""
    details = dict(refusal.details)
    if isinstance(details.get("folder"), str):
        details["folder"] = shlex.quote(str(details["folder"]))
    return type(refusal)(**details)


def _json(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        # JSON has escapes of its own; those that the stream would put in are none of them.
        return json.dumps(json.loads(text), separators=(",", ":"))
    return text


def _cell(value: object) -> str:
    return "" if value is None else visible(str(value))


def _aligned(lines: list[list[str]]) -> list[str]:
    widths = [max(_width(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(_padded(text, width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _padded(text: str, width: int) -> str:
    space = " " * (width - _width(text))
    is_number = text.replace(",", "").replace(".", "").lstrip("-").isdigit()
    return space + text if is_number else text + space


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
