"""Every text of a page has both languages, and no text stands in the catalogue for nothing."""

import re
from pathlib import Path
from string import Formatter

import pytest
from markupsafe import Markup

from countersign.access.model import BUILT_IN
from countersign.accounts.model import AccountKind
from countersign.alerts.model import Disposition
from countersign.channels.model import PaymentStatus
from countersign.channels.status_reports import PARTLY_ACCEPTED
from countersign.entrypoints import console
from countersign.entrypoints.console.alert_pages import VIEWS
from countersign.entrypoints.console.catalogue import CHINESE, translated
from countersign.entrypoints.console.coded import CODED
from countersign.entrypoints.console.finding import SORTS
from countersign.entrypoints.console.framed import OF_ONE
from countersign.entrypoints.console.transfer_pages import REJECT_CODES
from countersign.entrypoints.rail.rail import CLOSED_ACCOUNT
from countersign.flows.audit_check.report import FaultKind
from countersign.gate.commands import Kind
from countersign.kernel.invariant import InvariantBroken
from countersign.ledger.model import PostingKind
from countersign.rails.messages import NOT_RECEIVED_REASONS
from countersign.transfers.model import Action, Status

pytestmark = pytest.mark.fast

FOLDER = Path(str(console.__file__)).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
MODULES = sorted(FOLDER.glob("*.py"))


def used() -> set[str]:
    found: set[str] = set()
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'\b_\("([^"]+)"\s*[,)]', text))
    for path in MODULES:
        if path.name not in {"catalogue.py", "coded.py", "framed.py", "keyed.py"}:
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(r'"((?:[^"\\\n])+)"', text)) & CHINESE.keys()
            found |= set(re.findall(r'\bt\(\s*"([^"]+)"', text))
            found |= set(re.findall(r'translated\(\s*"([^"]+)"', text))
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_text_outside_the_catalogue(path: Path) -> None:
    """Between tags stand words of the catalogue, values, and names that are the same anywhere."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"<(script|style|kbd)\b.*?</\1>", " ", text, flags=re.DOTALL)
    bare = re.sub(r"<[^>]*>", " ", text)
    words = set(re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", bare))
    assert words <= {"Countersign", "UTC", "countersign", "console", "link"}


def test_every_text_of_a_page_is_in_the_catalogue() -> None:
    texts = {text for text in used() if not text.endswith(" ")}
    assert texts - CHINESE.keys() - CODED.keys() == set()


def test_no_text_is_in_the_catalogue_for_nothing() -> None:
    assert set(CHINESE) - used() == set()


@pytest.mark.parametrize(("english", "chinese"), [*CHINESE.items(), *CODED.values()])
def test_both_languages_show_the_same_values(english: str, chinese: str) -> None:
    assert chinese
    assert chinese != english
    assert fields(english) == fields(chinese)
    assert not re.search(r"[,;!?]", chinese.replace("COUNTERSIGN", "")) or "`" in chinese


def test_every_code_that_a_page_may_show_has_words() -> None:
    wanted = {f"status {one.name.lower()}" for one in Status}
    wanted |= {f"verdict {one.name.lower()}" for one in Action}
    wanted |= {f"event {one.name.lower()}" for one in Kind}
    wanted |= {f"entry {one.name.lower()}" for one in PostingKind}
    wanted |= {f"kind {one.name.lower()}" for one in AccountKind}
    wanted |= {f"disposition {one}" for one in Disposition}
    wanted |= {f"sort {one}" for one in SORTS}
    wanted |= {f"view {one}" for one in VIEWS}
    wanted |= {f"code {one}" for one in REJECT_CODES}
    wanted |= {f"level {one}" for one in ("ok", "warn", "fail")}
    wanted |= {f"fault {one}" for one in FaultKind}
    wanted |= {f"actor {one.name}" for one in BUILT_IN}
    wanted |= {f"code {one}" for one in (*NOT_RECEIVED_REASONS, CLOSED_ACCOUNT)}
    wanted |= {f"group {one}" for one in (*PaymentStatus, PARTLY_ACCEPTED, "open")}
    wanted |= {f"payment {one}" for one in PaymentStatus}
    assert wanted - CODED.keys() == set()


def test_values_are_filled_in() -> None:
    assert translated("Transfer {number}", "en", number=17) == "Transfer 17"
    assert translated("Transfer {number}", "zh", number=17) == "轉帳 17"
    assert translated("status held", "en") == "Held"
    with pytest.raises(InvariantBroken):
        translated("What nobody wrote down", "en")


def test_markup_among_the_values_stays_and_everything_else_is_escaped() -> None:
    when = Markup("<time>09:00</time>")
    text = translated("held until {when} {zone}, then it expires", "en", when=when, zone="UTC")
    assert text == "held until <time>09:00</time> UTC, then it expires"
    assert isinstance(text, Markup)
    named = translated("Open the console of {name}", "en", name="<b>")
    assert named == "Open the console of <b>"
    assert not isinstance(named, Markup)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("text", OF_ONE)
def test_what_is_counted_has_the_form_of_its_number(text: str) -> None:
    counting, one = OF_ONE[text]
    names = [name for _, name, _, _ in Formatter().parse(text) if name]
    assert counting in names
    for count in (0, 1, "1", 2, "1,000", 11):
        values = {**dict.fromkeys(names, "x"), counting: count}
        expected = one if str(count) == "1" else text
        assert translated(text, "en", **values) == expected.format(**values)
        assert translated(text, "zh", **values) == CHINESE[text].format(**values)
