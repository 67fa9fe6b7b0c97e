"""Each page does its main task in a browser, in both languages; database and log agree with it.

What alerts, views and health are for is done in `test_keys`.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Console
from tests.support.scene import house

from countersign.flows.verify_proof import verify_proof
from countersign.gate.commands import Freeze, Kind, Unfreeze

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

Faults = Callable[[Page], list[str]]
TURN_MS = 2_100  # The board asks every two seconds.
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])
PATHS = ("/", "/transfers", "/transfers?status=held", "/alerts", "/accounts", "/accounts/5",
         "/files", "/freezes", "/log", "/health", "/zone",
         "/transfers?currency=EUR&least=100")  # fmt: skip


PLANTED = """<!doctype html><html><body><main><h1>a</h1><h1>b</h1><h4>c</h4>
<button></button><input><img src="x"><p style="color:#999;background:#fff">pale</p>
<p><svg width="9000" height="9"></svg></p><table><tbody><tr><td>1</td></tr><tr><td>2</td></tr>
<tr><td><a href="/3"></a></td></tr></tbody></table></main></body></html>"""


def test_what_is_planted_is_found(console: Console, faults: Faults, repainted: Faults) -> None:
    page = console.browser.new_page()
    try:
        page.set_content(PLANTED)
        found = " ".join(fault.split(": <")[0] for fault in faults(page))
        assert "color-contrast" in " ".join(repainted(page))
    finally:
        page.close()
    for what in ("html-has-lang", "button-name", "label", "image-alt", "color-contrast",
                 "heading-order", "2 h1", "inline", "sideways",
                 "link-name"):  # fmt: skip
        assert what in found


def newest_held(console: Console) -> int:
    ((number,),) = console.asked("SELECT max(number) FROM transfers.hold")
    return int(number)


@pytest.mark.parametrize("of", [("en", "desktop", "light"), ("zh", "phone", "dark")])
def test_no_fault_is_found_on_any_page(
    console: Console, faults: Faults, repainted: Faults, of: tuple[str, str, str]
) -> None:
    """At a desk and on a phone, light and dark, in both densities."""
    ((alert,),) = console.asked("SELECT max(number) FROM alerts.alert")
    more = (f"/transfers/{newest_held(console)}", f"/alerts/{alert}", "/transfers?number=99999")
    with console.page(*of, at="") as page:
        for path in (*PATHS, *more):
            console.go(page, path)
            expect(page.locator("html")).to_have_attribute(
                "lang", {"en": "en", "zh": "zh-Hant"}[of[0]]
            )
            assert faults(page) == [], path
            assert repainted(page) == [], path


@LANGUAGES
def test_the_board_shows_an_order_without_being_asked_again(
    console: Console, language: str
) -> None:
    asked: list[str] = []
    with console.page(language, at="", is_alone=True) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.clock.install()
        console.go(page, "/")
        number = console.scene.large(0, 3, 1_777_000_00)
        page.clock.run_for(TURN_MS)
        expect(page.locator(f'.stream a[href="/transfers/{number}"]')).to_be_visible()
        # Paused, it asks nothing however long it stands; then it goes on.
        page.keyboard.press("Space")
        expect(page.locator("[data-pauses]")).to_have_attribute("aria-pressed", "true")
        asked.clear()
        page.clock.run_for(10 * TURN_MS)
        assert [url for url in asked if url.endswith("/board/part")] == []
        (answer,) = console.scene.ordinary(1)
        page.keyboard.press("Space")
        page.clock.run_for(TURN_MS)
        expect(page.locator(f'.stream a[href="/transfers/{answer.number}"]')).to_be_visible()


@pytest.mark.parametrize(
    ("language", "act", "outcome"),
    [
        ("en", "release", "released"),
        ("zh", "release", "released"),
        ("zh", "reject", "rejected"),
        ("en", "cancel", "cancelled"),
    ],
)
def test_a_person_decides_about_a_held_transfer(
    console: Console, language: str, act: str, outcome: str
) -> None:
    number = console.scene.large(2, 4, 1_300_000_00)
    with console.page(language, at=f"/transfers/{number}") as page:
        page.locator("#reason").fill("called the treasurer on the known number")
        page.locator(f'button[name="act"][value="{act}"]').click()
        page.wait_for_url(f"**/transfers/{number}?done={act}")
        expect(page.get_by_role("status")).to_be_visible()
        expect(page.locator(".chip.hold")).to_have_count(0)
    rows = console.asked("SELECT outcome, credential FROM gate.command WHERE transfer = %s", number)
    assert rows[0] == (outcome, 4)
    assert "treasurer" not in (console.bed.folder / "console.log").read_text()


@LANGUAGES
def test_a_file_leads_to_each_of_its_payments(
    console: Console, faults: Faults, language: str
) -> None:
    brought = console.scene.bring(f"PAYROLL-{language}", ["1250.00", "1300000.00"], wrong=1)
    with console.page(language) as page:
        page.keyboard.press("g")
        page.keyboard.press("p")
        page.wait_for_url("**/files")
        page.locator("tbody a.row").first.click()
        expect(page.locator("tbody tr")).to_have_count(brought.payments)
        expect(page.locator("tbody .st.block")).to_have_count(1)
        assert faults(page) == []
        page.locator("tbody tr:has(.st.hold) a.row").click()
        page.wait_for_url("**/transfers/*")
        number = int(page.url.rpartition("/")[2])
    rows = console.asked("SELECT amount FROM transfers.transfer WHERE number = %s", number)
    assert rows == [(130_000_000,)]
    ((status, payments),) = console.asked(
        "SELECT group_status, payments FROM channels.file ORDER BY received_ms DESC LIMIT 1"
    )
    assert (status, payments) == ("PART", 3)


@LANGUAGES
def test_parties_are_revealed_for_a_minute_and_the_look_is_logged(
    console: Console, faults: Faults, language: str
) -> None:
    number, reason = console.scene.large(0, 3, 1_250_000_00), "the debtor rang back"
    name, account = "Meadow Precision Tools", house(0).rpartition(":")[2]
    before = console.asked("SELECT count(*) FROM gate.command WHERE kind = 70")[0][0]
    with console.page(language, at="", is_alone=True) as page:
        page.clock.install()
        console.go(page, f"/transfers/{number}")
        parties = page.locator("#parties")
        expect(parties).not_to_contain_text(account)
        page.keyboard.press("v")
        page.keyboard.type(reason)
        parties.locator("button").click()
        expect(parties).to_contain_text(account)
        expect(parties).to_contain_text(name)
        assert faults(page) == []
        page.clock.run_for(61_000)
        expect(parties).not_to_contain_text(account)
        expect(parties.locator("[data-masked]").last).to_be_visible()
        assert name not in page.content()
        console.go(page, "/log")
        expect(page.locator(f'tbody a[href="/transfers/{number}"]').first).to_be_visible()
    rows = console.asked("SELECT credential, outcome FROM gate.command WHERE kind = 70")
    assert rows == [(4, "ok")] * (before + 1)
    assert reason not in (console.bed.folder / "console.log").read_text()


@LANGUAGES
def test_an_account_is_frozen_and_unfrozen_by_typing_its_end(
    console: Console, language: str
) -> None:
    ((first, index),) = console.asked(
        "SELECT number, index FROM accounts.account WHERE kind = 1 ORDER BY number DESC LIMIT 1"
    )
    with console.page(language, at=f"/accounts/{first}") as page:
        expect(page.locator("#act")).to_be_disabled()
        tail = house(11)[-4:]
        for word, kind, count in (("frozen", Kind.FREEZE, 1), ("unfrozen", Kind.UNFREEZE, 0)):
            page.locator("#reason").fill("reported by the holder")
            page.locator("#tail").fill(tail)
            page.locator("#act").click()
            page.wait_for_url(f"**done={word}")
            assert console.asked("SELECT count(*) FROM accounts.freeze") == [(count,)]
            act = console.newest_act()
            assert (act.kind, act.outcome) == (kind, "ok")
            assert isinstance(act.command, Freeze | Unfreeze)
            assert act.command.index == index
            if count:
                console.go(page, "/freezes")
                expect(page.locator("tbody tr")).to_have_count(1)
                page.locator("tbody a.row").click()


@LANGUAGES
def test_a_transfer_is_found_and_its_proof_verifies(console: Console, language: str) -> None:
    number = newest_held(console)
    with console.page(language) as page:
        page.locator("[data-find]").fill(str(number))
        page.locator("[data-find]").press("Enter")
        page.locator("tbody a.row").click()
        page.wait_for_url(f"**/transfers/{number}")
        words = page.locator(".seal li span").all_inner_texts()
        assert len(words) == 6
        pattern = r"[a-z]+" if language == "en" else r"[\u4e00-\u9fff]{2}"
        assert all(re.fullmatch(pattern, word) for word in words)
        page.locator("[data-find]").fill(" ".join(words))
        page.locator("[data-find]").press("Enter")
        expect(page.locator("tbody a.row")).to_have_count(1)
        page.locator("tbody a.row").click()
        page.wait_for_url(f"**/transfers/{number}")
        expect(page.locator('a[href$="/proof"]')).to_be_visible()
        answer = page.request.get(f"{console.address}/transfers/{number}/proof")
        assert answer.status == 200
        proof = verify_proof(answer.body(), console.log)
    assert proof.status == "held"


@LANGUAGES
def test_the_whole_log_is_verified(console: Console, language: str) -> None:
    with console.page(language, at="/log") as page:
        page.locator('form[action="/log/verify"] button').click()
        page.wait_for_url("**/log")
        for _ in range(200):
            if page.locator("#verification .st.release").count():
                break
            console.go(page, "/log")
        expect(page.locator("#verification .st.release")).to_be_visible()


def test_language_theme_and_density_are_kept(console: Console) -> None:
    with console.page(at="/accounts") as page:
        page.locator('.tools a[hreflang="zh-Hant"]').click()
        page.wait_for_url("**/accounts")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")
        for choice, attribute, value in (
            ("theme=dark", "data-theme", "dark"),
            ("density=comfortable", "data-density", "comfortable"),
        ):
            page.locator(".menu summary").click()
            page.locator(f'.menu a[href*="{choice}"]').click()
            page.wait_for_url("**/accounts")
            expect(page.locator("html")).to_have_attribute(attribute, value)
        console.go(page, "/log")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@LANGUAGES
def test_who_is_not_signed_in_is_told_how(console: Console, faults: Faults, language: str) -> None:
    with console.page(language, is_alone=True) as page:
        page.locator(".menu summary").click()
        page.locator('form[action="/sign-out"] button').click()
        page.wait_for_url("**/sign-in")
        expect(page.locator("code.cmd")).to_have_text("countersign console link")
        assert faults(page) == []
        page.goto(f"{console.address}/accounts")
        page.wait_for_url("**/sign-in")


def test_what_fails_says_so_and_what_to_do(console: Console, faults: Faults) -> None:
    with (
        console.page("en", at="/transfers") as english,
        console.page("zh", at="/transfers") as chinese,
    ):
        pages = (english, chinese)
        for page in pages:
            expect(page.get_by_role("alert")).to_have_count(0)
        console.gate.kill()
        for page in pages:
            console.go(page, "/transfers")
            expect(page.get_by_role("alert")).to_be_visible()
            expect(page.locator("tbody tr").first).to_be_visible()
            assert faults(page) == []
        console.gate = console.bed.gate()
        console.gate.start()
        for page in pages:
            console.go(page, "/transfers")
            expect(page.get_by_role("alert")).to_have_count(0)


def test_a_page_that_cannot_be_read_says_so(console: Console, faults: Faults) -> None:
    """The last test, because it takes the database away."""
    with (
        console.page("en", at="", is_failing=True) as english,
        console.page("zh", at="", is_failing=True) as chinese,
    ):
        console.bed.cluster.stop()
        for page, title in ((english, "The database does not answer"), (chinese, "資料庫無回應")):
            answer = page.goto(f"{console.address}/transfers")
            assert answer is not None
            assert answer.status == 503
            expect(page.locator("h1")).to_have_text(title)
            assert faults(page) == []
        console.bed.cluster.start()
        console.go(english, "/transfers")
