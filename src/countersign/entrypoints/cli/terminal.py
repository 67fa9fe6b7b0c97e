"""What a command says: tables for people, one JSON value with `--json`, progress on stderr."""

import sys
import unicodedata
from collections.abc import Sequence

import msgspec

from countersign.gate.commands import Answer
from countersign.gate.sentences import refusal_of
from countersign.kernel.refusal import Refusal, refusal_class

DONE = 0
REFUSED = 1
USAGE = 2


class Terminal:
    """The streams of one command."""

    def __init__(self, *, is_json: bool, language: str) -> None:
        self.is_json = is_json
        self._language = "zh" if language.startswith("zh") else "en"

    def value(self, value: object, text: str) -> int:
        """One result: the JSON value or the sentence."""
        self._out(_json(value) if self.is_json else text)
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
        sentence = refusal.sentence("zh" if self._language == "zh" else "en")
        return self._refused(refusal.code, sentence)

    def refused_answer(self, answer: Answer) -> int:
        """Say why the gate refused a command, with the details that it gave."""
        return self.refusal(refusal_of(answer))

    def refused_code(self, code: str) -> int:
        """Say what a code that came from the gate means."""
        return self.refusal(refusal_class(code)())

    def progress(self, text: str) -> None:
        """Say how far long work is; on a terminal the line is written over."""
        if self.is_json:
            return
        is_screen = sys.stderr.isatty()
        sys.stderr.write(f"\r\x1b[K{text}" if is_screen else f"{text}\n")
        sys.stderr.flush()

    def end_progress(self) -> None:
        if not self.is_json and sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")

    def say(self, text: str) -> None:
        """A remark for people only."""
        if not self.is_json:
            self._out(text)

    def _refused(self, code: str, sentence: str) -> int:
        if self.is_json:
            self._out(_json({"error": {"code": code, "sentence": sentence}}))
        else:
            print(f"{code}: {sentence}", file=sys.stderr)
        return REFUSED

    @staticmethod
    def _out(text: str) -> None:
        print(text, flush=True)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _cell(value: object) -> str:
    return "" if value is None else str(value)


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
