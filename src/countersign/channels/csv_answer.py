"""The CSV that answers a CSV: first what became of the file, then of each of its payments.

A cell that a spreadsheet would take for a formula gets an apostrophe before it: the ids in it came
from outside.
"""

import csv
import io
from typing import BinaryIO, Self


class Answer:
    """A CSV in UTF-8, written as it goes."""

    def __init__(self, target: BinaryIO, delimiter: str) -> None:
        self._text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=False)
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator="\n")

    def __enter__(self) -> Self:
        self._writer.writerow(
            ["line", "instruction_id", "end_to_end_id", "status", "reason_code", "reason"]
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._text.flush()
        self._text.detach()  # The target is its owner's to close.

    def row(self, *cells: str | None) -> None:
        self._writer.writerow([_harmless(cell or "") for cell in cells])


_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, also not behind spaces."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell
