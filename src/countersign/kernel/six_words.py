"""A digest as six words with six marks, for people to compare (format: docs/six-words.md).

Rules: 1. The first 66 bits of the digest, 11 a word, most significant first. 2. One list of pairs,
English and Chinese of one meaning under one index, so that readers of either check with each other.
3. A mark shows the same 11 bits as cells, and an even parity in the twelfth. 4. An aid for eyes:
what is signed and verified is the full digest.
"""

import re
from typing import NamedTuple

from countersign.kernel.invariant import invariant
from countersign.kernel.word_list import PAIRS

WORDS = 6
BITS = 11
CELLS = BITS + 1
_LIST_LENGTH = 1 << BITS
_SPACES = re.compile(r"[\s,.·、，-]+")
_PLACES = {word: place for place, pair in enumerate(PAIRS) for word in (pair[:-2], pair[-2:])}


class Word(NamedTuple):
    """One word of a digest, in both languages."""

    place: int
    english: str
    chinese: str

    @property
    def cells(self) -> tuple[bool, ...]:
        """The mark: 12 cells by rows of three, filled or empty; the last makes the count even."""
        bits = [bool(self.place >> (BITS - 1 - place) & 1) for place in range(BITS)]
        return (*bits, sum(bits) % 2 == 1)


def six_words(digest: bytes) -> tuple[Word, ...]:
    """The words of a digest of 32 bytes, always six and in order."""
    invariant(len(digest) == 32, "a digest has 32 bytes")  # noqa: PLR2004
    bits = int.from_bytes(digest, "big") >> (8 * len(digest) - WORDS * BITS)
    places = [bits >> (BITS * (WORDS - 1 - place)) & (_LIST_LENGTH - 1) for place in range(WORDS)]
    return tuple(word_at(place) for place in places)


def digests_of(text: str) -> tuple[bytes, bytes] | None:
    """The least and the greatest digest that begin with these words, in either language or both.

    Chinese words may stand without blanks. None of anything but one to six words of the list.
    """
    parts = [part for word in _SPACES.split(text.strip().lower()) for part in _parted(word)]
    places = [_PLACES.get(part) for part in parts]
    if not 0 < len(places) <= WORDS or None in places:
        return None
    first = 0
    for place in places:
        first = first << BITS | (place or 0)
    rest = 256 - BITS * len(places)
    return (first << rest).to_bytes(32, "big"), (((first + 1) << rest) - 1).to_bytes(32, "big")


def _parted(word: str) -> list[str]:
    if word.isascii():
        return [word] if word else []
    return [word[place : place + 2] for place in range(0, len(word), 2)]


def word_at(index: int) -> Word:
    """The pair under an index of the list."""
    pair = PAIRS[index]
    return Word(index, pair[:-2], pair[-2:])
