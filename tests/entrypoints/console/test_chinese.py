"""A Chinese page is Chinese: what stands on it in Latin letters is a name, a code or a unit."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from tests.support.chinese import foreign_words

import countersign
from countersign.entrypoints.console.catalogue import CHINESE, actor_words, known_code, translated
from countersign.entrypoints.console.coded import CODED
from countersign.entrypoints.console.knowledge import _known, label_of
from countersign.entrypoints.console.proof_pages import where_of
from countersign.entrypoints.console.showing import day_time, duration, short_amount
from countersign.flows.audit_check.report import Fault, FaultKind
from countersign.flows.tell_reasons import WORDS
from countersign.gate.facts import FACTS
from countersign.kernel.refusal import all_refusals
from countersign.rules.default import DEFAULT_POLICY

pytestmark = pytest.mark.fast

MONTH_MS = 2_629_800_000
# What a refusal names as it is written elsewhere: headers, elements, keys, programs, users.
NAMED = frozenset(
    [
        "5493001KJTIIGC8Y1R12",  # An LEI, as an example.
        "Allow",
        "Document",
        "Ed25519",
        "Envelope",
        "chmod",
        "columns",
        "constants",
        "countersign",
        "embedded",
        "initdb",
        "postgres",
        "rejected",
        "root",
        "settled",
        "xsd",
    ]
)
DATES = [f"2026-{month:02d}-{month + 7:02d}T09:05:07.123Z" for month in range(1, 13)]


def said() -> Iterator[tuple[str, str]]:
    """What it is, and what a Chinese page says of it."""
    yield from CHINESE.items()
    yield from ((code, chinese) for code, (_, chinese) in CODED.items())
    yield from ((code, chinese) for code, (_, chinese) in WORDS.items())
    yield from ((rule.code, rule.chinese) for rule in DEFAULT_POLICY.rules)
    yield from ((one.code, one.chinese) for one in DEFAULT_POLICY.typologies)
    for name in FACTS:
        yield name, label_of(name, "zh")
        yield f"{name} in words", FACTS[name].chinese
        # A day of the week is 7 at most.
        yield f"a value of {name}", _known(name, 7, "EUR", "zh").value
    for date in DATES:
        yield date, day_time(date, "zh").striptags()
    for span in (5, 61_000, 7_300_000, 90_000_000, MONTH_MS):
        yield f"{span} ms", duration(span, "zh")
        yield f"{span} units", short_amount(span * 100, "EUR", "zh")
    for kind in FaultKind:
        fault = Fault(kind=kind, what="the posting 2 of command 17 differs in amount, EUR")
        yield kind, f"{translated(f'fault {kind}', 'zh')} {where_of(fault, 'zh')}"
    for name in ("operator", "worker", "gate", "console"):
        yield name, actor_words(name, "zh")
    for code in ("ACSC", "ACSP", "ACCC", "RJCT", "PDNG"):
        yield code, known_code("group", code, "zh")


def test_what_the_console_says_in_chinese_has_no_english_word() -> None:
    found = {what: foreign_words(text) for what, text in said() if foreign_words(text)}
    assert found == {}


def test_every_refusal_is_chinese_but_for_names_and_codes() -> None:
    for module in pkgutil.walk_packages(countersign.__path__, "countersign."):
        if module.name.endswith(".errors"):
            import_module(module.name)
    refusals = all_refusals()
    assert len(refusals) > 100
    found = {one.code: set(foreign_words(one.chinese)) - NAMED for one in refusals}
    assert {code: words for code, words in found.items() if words} == {}
    assert all(re.search(r"[\u4e00-\u9fff]", one.chinese) for one in refusals)


def test_an_english_word_is_found() -> None:
    assert foreign_words("暫緩至 28 Nov 09:00 UTC，EUR 1.00，`countersign run`") == ["Nov"]
    assert foreign_words("過去 24h，3 h 20 min") == ["24h", "h", "min"]
    assert foreign_words("M••• 的 pain.001 與 IBAN") == []


def test_where_a_fault_is_has_its_numbers_in_chinese() -> None:
    fault = Fault(kind=FaultKind.ROOT_DIFFERS, what="batch 12: a row of commands 7 to 12 in EUR")
    assert where_of(fault, "zh") == "12、7、EUR"
    assert where_of(fault, "en") == fault.what
