"""Hostile variants of valid files, each made again from its number."""

import re
from collections.abc import Callable
from random import Random

# What breaks parsers: numbers beyond any type, letters that are digits, controls, markup, formulas.
HOSTILE = [
    b"", b" ", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b'"', b'""', b"'", b";", b",",
    b"9" * 30, b"9" * 5000, b"-0", b"+1", b"1e9", b"0x10", b"NaN", b".", b"1.", b".5",
    b"1" + b"0" * 17,
    b"0000-00-00", b"9999-12-31", b"2027-02-30", b"2027-03-31+14:00", b"24:00:00",
    "\u0661\u0662".encode(), "\u202e".encode(), "\U0010ffff".encode(), b"\xed\xa0\x80",
    b"\xc0\x80",
    b"&", b"&amp;", b"&x;", b"&#0;", b"&#1114112;", b"<", b"<!-- -->", b"<![CDATA[x]]>", b"<?x y?>",
    b"<!DOCTYPE a>", b"<a xmlns='urn:b'/>", b"]]>", b"=1+1", b"x" * 3000, b"DE89370400440532013000",
]  # fmt: skip
_VALUE = re.compile(rb">([^<>]+)<")
_ELEMENT = re.compile(rb"<([A-Za-z0-9]+)[^<>]*>[^<>]*</\1>")
_TAG = re.compile(rb"</?([A-Za-z0-9]+)")
_CELL = re.compile(rb"[^;,\n\"=\[\]]+")


def mutated(content: bytes, random: Random, *, others: list[bytes]) -> bytes:
    """The content with one to four changes."""
    for _ in range(random.randint(1, 4)):
        content = random.choice(_CHANGES)(content, random, others)
    return content


def _place(content: bytes, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(content))
    return start, min(len(content), start + random.choice([0, 1, 1, 2, 8, 64]))


def _bytes_replaced(content: bytes, random: Random, others: list[bytes]) -> bytes:
    start, end = _place(content, random)
    put = random.choice([random.choice(HOSTILE), random.randbytes(random.randint(0, 4))])
    return content[:start] + put + content[end:]


def _piece_repeated(content: bytes, random: Random, others: list[bytes]) -> bytes:
    start, end = _place(content, random)
    return content[:end] + content[start:end] * random.choice([1, 2, 300]) + content[end:]


def _cut(content: bytes, random: Random, others: list[bytes]) -> bytes:
    return content[: random.randint(0, len(content))]


def _spliced(content: bytes, random: Random, others: list[bytes]) -> bytes:
    other = random.choice(others)
    start, end = _place(content, random)
    at = random.randint(0, len(other))
    return content[:start] + other[at : at + 200] + content[end:]


def _one_replaced(pattern: re.Pattern[bytes]) -> Callable[[bytes, Random, list[bytes]], bytes]:
    def change(content: bytes, random: Random, others: list[bytes]) -> bytes:
        found = list(pattern.finditer(content))
        if not found:
            return content
        match = random.choice(found)
        group = pattern.groups and 1
        put = random.choice([*HOSTILE, random.choice(found).group(group)])
        return content[: match.start(group)] + put + content[match.end(group) :]

    return change


def _element_moved(content: bytes, random: Random, others: list[bytes]) -> bytes:
    found = list(_ELEMENT.finditer(content))
    if not found:
        return content
    match, to = random.choice(found), random.choice(found)
    rest = content[: match.start()] + content[match.end() :]
    return rest if random.random() < 0.5 else rest[: to.start()] + match[0] + rest[to.start() :]


_CHANGES = [
    _bytes_replaced, _piece_repeated, _cut, _spliced, _element_moved,
    # Values and cells most of all: those changes get deepest.
    *[_one_replaced(_VALUE)] * 4, *[_one_replaced(_CELL)] * 3, _one_replaced(_TAG),
]  # fmt: skip
