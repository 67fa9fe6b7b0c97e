"""What the documents say of the command line is so, and the glossary means one thing by a word."""

import io
import re
import shlex
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from countersign.channels.files import MessageFiles
from countersign.channels.model import Instruction
from countersign.entrypoints.cli.command_line import parser_for
from countersign.entrypoints.cli.examples import EXAMPLES
from countersign.entrypoints.cli.parsing import PROGRAM
from countersign.kernel.account import Iban

pytestmark = pytest.mark.fast

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
GROUPS = {name.partition(" ")[0] for name in EXAMPLES}


def commands_in(text: str) -> Iterator[str]:
    """Lines to type, and what stands in the text between backticks; without the program's name.

    The text may name several of one group: `alerts list|close`.
    """
    yield from re.findall(rf"^\$ {PROGRAM} (.+)$", text, re.MULTILINE)
    for command in re.findall(rf"`{PROGRAM} ([^`]+)`", text):
        group, _, names = command.rpartition(" ")
        yield from [f"{group} {name}".strip() for name in names.split("|")]


def is_taken(command: str) -> bool:
    """The parser takes it; where a command is only named, there is one of that name."""
    words = shlex.split(command)
    if command in EXAMPLES or command in GROUPS:
        return True
    try:
        return callable(parser_for(words).parse_args(words).command)
    except SystemExit:
        return False


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_command_in_a_document_is_one_that_the_parser_takes(path: Path) -> None:
    wrong = [command for command in commands_in(path.read_text("utf-8")) if not is_taken(command)]
    assert wrong == []


def test_the_readme_has_commands_and_a_wrong_one_is_found() -> None:
    found = list(commands_in((REPOSITORY / "README.md").read_text("utf-8")))
    assert len(found) >= 12
    assert "proof export 6 --disclose creditor_name --output proof.json" in found
    assert list(commands_in(f"$ {PROGRAM} a b\nsay `{PROGRAM} c` and `{PROGRAM} d e|f`")) == [
        *("a b", "c", "d e", "d f")
    ]
    for wrong in ("settle 5", "transfers release 5", "ingest --now x.xml", "accounts open X"):
        assert not is_taken(wrong)


def test_the_glossary_defines_each_word_once() -> None:
    text = (REPOSITORY / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)[1:]
    words = [word.strip() for row in rows for word in row.split(",")]
    assert len(words) > 40
    assert sorted(words) == sorted(set(words))


def test_the_example_of_the_readme_is_two_payments_of_the_account_that_it_opens() -> None:
    """Schema-valid in every version's check, with the date put in as the README does."""
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    example = REPOSITORY / "docs" / "examples" / "payments.xml"
    assert f's/TODAY/$(date -u +%F)/" {example.relative_to(REPOSITORY)} > payments.xml' in readme
    stream = io.BytesIO(example.read_bytes().replace(b"TODAY", b"2027-03-31"))
    kind = MessageFiles(None)
    payments = list(kind.payments(stream, kind.check(stream)))
    assert [p.end_to_end_id for p in payments if isinstance(p, Instruction)] == [
        "INV-4711",
        "PLANT-7",
    ]
    for payment in payments:
        assert isinstance(payment, Instruction)
        assert payment.requested_execution_date == "2027-03-31"
        assert isinstance(payment.debtor_account, Iban)
        assert f"accounts open {payment.debtor_account.text} EUR" in readme
        assert f"  {payment.end_to_end_id}  " in readme
        assert f"{payment.amount.minor_units / 100:,.2f}" in readme


def test_each_page_of_the_console_is_pictured_in_all_its_forms() -> None:
    templates = REPOSITORY / "src/countersign/entrypoints/console/templates"
    # Pieces of pages, a choice, and what stands before a session or after a fault.
    no_pages = {"base", "parts", "board_part", "decisions", "found", "enter", "sign_in",
                "failure", "zone", "transfer_panel"}  # fmt: skip
    pages = {path.stem for path in templates.glob("*.html")} - no_pages
    forms = product(pages | {"alert", "revealed", "palette"}, ("en", "zh"), ("light", "dark"),
                    ("desktop", "phone"))  # fmt: skip
    pictured = {path.stem for path in (REPOSITORY / "docs/screenshots").glob("*.png")}
    assert {"-".join(form) for form in forms} == pictured
