"""Codes as a terminal shows them: each with what it means, as far as that is known."""

from collections.abc import Iterable

from countersign.flows.tell_reasons import Sentences

# By what an instance begins with.
HOUSE = Sentences(None, "en")


def in_words(code: str, words: Sentences = HOUSE) -> str:
    said = words.of(code)
    return code if said == code else f"{code}: {said}"


def all_in_words(codes: Iterable[str], words: Sentences = HOUSE) -> str:
    return "; ".join(in_words(code, words) for code in codes)
