"""Empty pages; then keys, the command palette, views and health, in both languages.

The tests of the empty house come first: those after them fill it.
"""

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Console
from tests.browser.test_pages import LANGUAGES, Faults, newest_held
from tests.support.scene import house

from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.run_lock import run_lock
from countersign.gate.commands import AcknowledgeAlert, CloseAlert, Kind

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

EMPTY = ("/", "/transfers", "/transfers?status=held", "/alerts", "/accounts", "/files", "/freezes",
         "/log?view=refused")  # fmt: skip
BOTH = pytest.mark.parametrize(
    ("language", "size", "theme"), [("en", "desktop", "light"), ("zh", "phone", "dark")]
)
ASK = "#palette input"
ACTIVE = '#palette [aria-selected="true"]'


def commands(console: Console) -> int:
    return int(console.asked("SELECT max(number) FROM gate.command")[0][0])


def in_palette(page: Page, text: str) -> list[str]:
    """What the palette lists for a text, once all of it was looked for."""
    if not page.locator("#palette").is_visible():
        page.keyboard.press("Control+k")
    page.locator(ASK).fill(text)
    expect(page.locator("#palette")).not_to_have_attribute("data-waits", "")
    return page.locator("#palette [role=option]").all_inner_texts()


def focus(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.tagName"))


@BOTH
def test_an_empty_house_says_the_next_step(
    empty_console: Console, faults: Faults, language: str, size: str, theme: str
) -> None:
    with empty_console.page(language, size, theme, at="") as page:
        for path in EMPTY:
            empty_console.go(page, path)
            steps = page.locator(".empty").all()
            assert steps, path
            told = [step.inner_text() for step in steps if step.locator("a, code").count()]
            assert told, path
            assert faults(page) == [], path


@LANGUAGES
def test_everything_is_reached_by_keyboard(console: Console, faults: Faults, language: str) -> None:
    with console.page(language) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("?")
        expect(page.locator("dialog#help")).to_be_visible()
        assert faults(page) == []
        # A dialog is not left by a key that means a page.
        page.keyboard.press("g")
        page.keyboard.press("t")
        page.keyboard.press("Escape")
        expect(page.locator("dialog#help")).to_be_hidden()
        for key, path in (("e", "/health"), ("t", "/transfers")):
            page.keyboard.press("g")
            page.keyboard.press(key)
            page.wait_for_url(f"**{path}")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        target = page.locator('tr[aria-selected="true"] a.row').get_attribute("href")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(f"**{target}")
        # Inside a field a key is a letter, until the field is left.
        page.keyboard.press("/")
        page.keyboard.type("g t")
        assert page.locator("[data-find]").input_value() == "g t"
        page.keyboard.press("Escape")
        assert focus(page) == "BODY"
        page.keyboard.press("Escape")
        page.wait_for_url("**/transfers")


@LANGUAGES
def test_a_key_leads_to_its_form_and_moves_nothing(console: Console, language: str) -> None:
    with console.page(language) as page:
        before = commands(console)
        page.keyboard.press("g")
        page.keyboard.press("h")
        page.wait_for_url("**/transfers?status=held")
        first, second = (
            str(row.get_attribute("href")) for row in page.locator("tbody a.row").all()[:2]
        )
        # Of a chosen row too, and on from there through the list.
        page.keyboard.press("j")
        page.keyboard.press("b")
        page.wait_for_url(f"**{first}#key-b")
        expect(page.locator("#reason")).to_be_focused()
        expect(page.locator("#reason")).to_have_attribute("aria-describedby", "act-reject")
        page.keyboard.type("rb")
        page.keyboard.press("Escape")
        # What was typed keeps the page.
        page.keyboard.press("Escape")
        expect(page.locator("#reason")).to_have_value("rb")
        page.keyboard.press("r")
        expect(page.locator("#reason")).to_have_attribute("aria-describedby", "act-release")
        page.locator("#reason").fill("")
        page.keyboard.press("Escape")
        page.keyboard.press("v")
        expect(page.locator("#look-reason")).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(page.locator("#look-reason")).to_be_hidden()
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("]")
        page.wait_for_url(f"**{second}")
        page.keyboard.press("[")
        page.wait_for_url(f"**{first}")
        page.keyboard.press("Escape")
        page.wait_for_url("**/transfers?status=held")
        # An account asks for its last characters.
        page.keyboard.press("g")
        page.keyboard.press("c")
        page.wait_for_url("**/accounts")
        page.keyboard.press("j")
        page.keyboard.press("f")
        page.wait_for_url("**/accounts/*#key-f")
        expect(page.locator("#reason")).to_be_focused()
        expect(page.locator("#act")).to_be_disabled()
        assert commands(console) == before


@LANGUAGES
def test_an_alert_is_taken_and_closed_by_keys(console: Console, language: str) -> None:
    ((number,),) = console.asked("SELECT max(number) FROM alerts.alert WHERE status = 1")
    with console.page(language) as page:
        page.keyboard.press("g")
        page.keyboard.press("a")
        page.wait_for_url("**/alerts")
        # The one that the page shows is the one that its keys are about.
        before = commands(console)
        page.keyboard.press("a")
        expect(page.locator('[data-key="a"]')).to_be_focused()
        assert commands(console) == before
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/alerts/{number}?done=acknowledged")
        act = console.newest_act()
        assert (act.kind, act.outcome) == (Kind.ACKNOWLEDGE_ALERT, "ok")
        assert isinstance(act.command, AcknowledgeAlert)
        assert act.command.alert == number
        page.keyboard.press("c")
        expect(page.locator("#disposition")).to_be_focused()
        page.locator("#disposition").select_option("false_positive")
        page.keyboard.press("Tab")
        page.keyboard.type("the holder confirmed it")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**done=closed")
    assert console.asked(
        "SELECT status, disposition FROM alerts.alert WHERE number = %s", number
    ) == [(3, "false_positive")]
    act = console.newest_act()
    assert (act.kind, act.outcome) == (Kind.CLOSE_ALERT, "ok")
    assert isinstance(act.command, CloseAlert)
    assert (act.command.alert, act.command.disposition) == (number, "false_positive")


@LANGUAGES
def test_single_keys_are_switched_off_and_on(console: Console, language: str) -> None:
    number = newest_held(console)
    with console.page(language, at=f"/transfers/{number}") as page:
        page.keyboard.press("?")
        page.locator('#help a[href*="keys=off"]').click()
        page.wait_for_load_state()
        for _ in range(2):  # The setting is kept on the next page.
            for key in ("r", "v", "g", "t", "/", "?", "]"):
                page.keyboard.press(key)
            assert focus(page) == "BODY"
            expect(page.locator("dialog[open]")).to_have_count(0)
            expect(page).to_have_url(f"{console.address}/transfers/{number}")
            console.go(page, f"/transfers/{number}")
        # What needs no single key is still there, the way back too.
        assert in_palette(page, "keys" if language == "en" else "單鍵")
        page.locator("#palette [role=option]:not([data-href])").last.click()
        page.wait_for_load_state()
        expect(page.locator("html")).to_have_attribute("data-keys", "on")
        page.keyboard.press("r")
        expect(page.locator("#reason")).to_be_focused()


@LANGUAGES
def test_the_palette_goes_finds_and_leads_to_acts(
    console: Console, faults: Faults, language: str
) -> None:
    number, before = console.scene.large(3, 2, 1_450_000_00), commands(console)
    release = {"en": "Release this transfer", "zh": "放行此轉帳"}[language]
    with console.page(language) as page:
        # A page, in the reader's language or by its address, chosen by arrows.
        everything = in_palette(page, "")
        assert faults(page) == []
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowDown")
        active = page.locator(ASK).get_attribute("aria-activedescendant")
        assert page.locator(ACTIVE).get_attribute("id") == active == "option-0"
        assert not [line for line in everything if release in line]
        in_palette(page, "freeze")
        page.keyboard.press("Enter")
        page.wait_for_url("**/freezes")
        # A transfer, and what may be done with it.
        in_palette(page, str(number))
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/transfers/{number}")
        assert len(in_palette(page, release[:4])) == 1
        page.keyboard.press("Enter")
        expect(page.locator("#palette")).to_be_hidden()
        expect(page.locator("#reason")).to_be_focused()
        assert commands(console) == before
        # Nothing is found, and the field says what would be.
        assert in_palette(page, "no such thing") == []
        expect(page.locator("#palette [data-none]")).to_be_visible()
        # An amount, typed and sent before it was looked for; a whole account number.
        page.locator(ASK).fill("> 1.4m eur")
        page.keyboard.press("Enter")
        page.wait_for_url("**/transfers?currency=EUR&least=1400000&sort=largest")
        expect(page.locator(f'a.row[href="/transfers/{number}"]')).to_be_visible()
        assert len(in_palette(page, house(3))) == 1
        assert house(3) not in page.url
        page.keyboard.press("Escape")
        expect(page.locator("#palette")).to_be_hidden()


@LANGUAGES
def test_the_palette_lists_only_what_may_be_done(console: Console, language: str) -> None:
    number, release = console.scene.large(5, 2, 1_350_000_00), "#act-release"
    with console.page(language, "phone", at=f"/transfers/{number}") as page:
        page.locator('.find [data-opens="palette"]').click()
        label = str(page.locator(release).get_attribute("data-act"))
        assert [line for line in in_palette(page, "") if label in line]
        page.keyboard.press("Escape")
        page.locator("#reason").fill("the treasurer rang back")
        page.locator(release).click()
        page.wait_for_url("**done=release")
        assert not [line for line in in_palette(page, "") if label in line]
        # The button stands still under the finger that presses it.
        console.go(page, "/")
        page.locator('.find [data-opens="palette"]').click()
        expect(page.locator(ASK)).to_be_focused()


def test_without_a_script_the_search_is_a_form(console: Console) -> None:
    number = newest_held(console)
    with console.page(at="") as page:
        state = page.context.storage_state()
        plain = console.browser.new_context(java_script_enabled=False, storage_state=state)
        other = plain.new_page()
        console.go(other, "/")
        expect(other.locator("[data-opens=palette]")).to_be_hidden()
        other.locator("[data-find]").fill(str(number))
        other.locator("[data-find]").press("Enter")
        expect(other.locator(f'a.row[href="/transfers/{number}"]')).to_be_visible()
        plain.close()


@BOTH
def test_a_view_is_kept_and_forgotten(
    console: Console, faults: Faults, language: str, size: str, theme: str
) -> None:
    with console.page(language, size, theme, at="/transfers") as page:
        if size == "phone":
            page.locator(".filters summary").click()
        page.locator("#f-currency").fill("EUR")
        page.locator("#f-least").fill("300000")
        page.locator(".filters button").click()
        page.wait_for_url("**currency=EUR**")
        page.locator(".head .menu summary").click()
        page.locator("#view-name").fill("大額 large")
        assert faults(page) == []
        page.locator(".head .menu form button").click()
        page.wait_for_url("**/transfers?currency=EUR&least=300000&sort=newest")
        console.go(page, "/transfers")
        tab = page.locator(".seg a", has_text="大額 large")
        tab.click()
        page.wait_for_url("**/transfers?currency=EUR&least=300000&sort=newest")
        expect(tab).to_have_attribute("aria-current", "true")
        assert faults(page) == []
        page.locator('form[action="/views/forget"] button').click()
        page.wait_for_url("**/transfers")
        expect(tab).to_have_count(0)


@LANGUAGES
def test_health_tells_a_stopped_rail_from_one_that_runs(
    console: Console, faults: Faults, language: str
) -> None:
    rail = console.bed.rail(Behaviour())
    row = 'tbody tr:has-text("doctor.rail"):not(:has-text("doctor.rail_answers"))'
    with console.page(language, at="") as page, run_lock(console.bed.folder):
        rail.start()
        console.go(page, "/health")
        expect(page.locator(f"{row} .st")).to_have_class("st quiet")
        rail.kill()
        console.go(page, "/health")
        expect(page.locator(f"{row} .st")).to_have_class("st block")
        assert faults(page) == []
