"""What a reader meets on a page beside its task: the way on from a phone, and what charts say."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Console

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

TARGET_PX = 44
# What a finger may press in the bars and the menu of a phone.
PRESSED = ".top a, .top summary, .top .find, .tools .menu a, .tools .menu button, .tabbar a"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_place_is_reached_on_a_phone(
    console: Console, faults: Callable[[Page], list[str]], language: str
) -> None:
    with console.page(language, "phone") as page:
        for path in ("/accounts", "/files", "/log", "/health"):
            console.go(page, "/")
            page.locator(".tools summary").click()
            link = page.locator(f'.rest a[href="{path}"]')
            expect(link).to_be_visible()
            link.click()
            page.wait_for_url(f"**{path}")
        page.locator(".tools summary").click()
        expect(page.locator('.rest a[href="/health"]')).to_have_attribute("aria-current", "page")
        assert faults(page) == []
        boxes = [(one, one.bounding_box()) for one in page.locator(PRESSED).all()]
        shown = [(one, box) for one, box in boxes if box is not None and box["width"]]
        assert len(shown) >= 8
        for one, box in shown:
            assert min(box["width"], box["height"]) >= TARGET_PX, one.inner_text()
        # One page up is a target too.
        console.go(page, "/accounts/5")
        page.locator(".crumbs a").click()
        page.wait_for_url("**/accounts")


def test_no_width_needs_sideways_scrolling(console: Console) -> None:
    """Of a wide table columns go one by one, then it becomes rows."""
    with console.page(is_alone=True) as page:
        for path in ("/", "/transfers", "/alerts", "/accounts", "/files", "/health"):
            console.go(page, path)
            for width in (320, 560, 600, 800, 1000, 1200):
                page.set_viewport_size({"width": width, "height": 800})
                over = page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                assert over <= 1, (path, width)


@pytest.mark.parametrize(("language", "size"), [("en", "desktop"), ("zh", "phone")])
def test_a_chart_says_what_it_shows_and_a_table_stands_behind_it(
    console: Console, faults: Callable[[Page], list[str]], language: str, size: str
) -> None:
    with console.page(language, size) as page:
        chart = page.locator("svg.chart:visible")
        expect(chart).to_have_count(1)
        expect(chart).to_have_accessible_name(page.locator("#finding").inner_text())
        page.locator('a[href="/board/decisions"]').click()
        page.wait_for_url("**/board/decisions")
        expect(page.locator("tbody tr")).to_have_count(24)
        expect(page.locator("tbody td").first).to_be_visible()
        assert faults(page) == []
        # Of nothing that left there is nothing to draw; from here every account was funded.
        console.go(page, "/accounts/1")
        expect(page.locator("svg.chart:visible")).to_have_count(1)
        page.locator("#finding").locator("xpath=ancestor::section").locator("summary").click()
        expect(page.locator(".daily tbody tr").first).to_be_visible()
        assert faults(page) == []


@pytest.mark.parametrize(("language", "told"), [("en", "{} new"), ("zh", "新進 {} 筆")])
def test_what_is_new_waits_for_who_reads_on(
    console: Console, faults: Callable[[Page], list[str]], language: str, told: str
) -> None:
    """No row moves while one is scrolled to or focused; a key or a click shows what came."""
    with console.page(language, at="", is_alone=True) as page:
        page.clock.install()
        console.go(page, "/")
        news, rows = page.locator("[data-news]"), page.locator("tbody a.row")
        rows.nth(1).focus()
        before = page.locator("[data-live] a").evaluate_all("all => all.map((a) => a.href)")
        orders = [console.scene.large(1, place, 1_100_000_00 + place) for place in (2, 4)]
        page.clock.run_for(2_000)
        expect(news).to_have_text(told.format(2))
        after = page.locator("[data-live] a").evaluate_all("all => all.map((a) => a.href)")
        assert after == before
        assert faults(page) == []
        page.keyboard.press("n")
        expect(page.locator(f'.stream a[href="/transfers/{orders[1]}"]')).to_be_visible()
        expect(news).to_be_hidden()
        expect(rows.nth(1)).to_be_focused()
        # Scrolled away from the top, without any focus there.
        rows.nth(1).evaluate("(link) => link.blur()")
        page.set_viewport_size({"width": 1440, "height": 400})
        page.mouse.move(1, 1)
        page.evaluate("scrollTo(0, 200)")
        (answer,) = console.scene.ordinary(1)
        page.clock.run_for(2_000)
        expect(news).to_have_text(told.format(1))
        news.click()
        expect(page.locator(f'.stream a[href="/transfers/{answer.number}"]')).to_have_count(1)
        assert page.evaluate("scrollY") == 200
        # At the top it is live again.
        page.evaluate("scrollTo(0, 0)")
        page.mouse.move(1, 1)
        (answer,) = console.scene.ordinary(1)
        page.clock.run_for(2_000)
        expect(page.locator(f'.stream a[href="/transfers/{answer.number}"]')).to_be_visible()


@pytest.mark.parametrize(("language", "told"), [("en", "not renewed for"), ("zh", "秒未更新")])
def test_a_board_that_is_not_renewed_says_how_old_it_is(
    console: Console, language: str, told: str
) -> None:
    with console.page(language, at="", is_failing=True, is_alone=True) as page:
        page.clock.install()
        console.go(page, "/")
        page.route("**/board/part", lambda route: route.abort())
        page.clock.run_for(8_000)
        stale = page.locator("[data-stale]")
        expect(stale).to_contain_text(told)
        text = stale.inner_text()
        assert sum(letter.isdigit() for letter in text) == 1, text
        page.unroute("**/board/part")
        page.clock.run_for(4_000)
        expect(stale).to_be_empty()


def test_what_is_typed_outlives_a_choice_of_language_theme_density_and_zone(
    console: Console,
) -> None:
    """On the page where it was typed, and nowhere else."""
    ((number,),) = console.asked("SELECT max(number) FROM transfers.hold")
    with console.page(at=f"/transfers/{number}") as page:
        typed = {"#reason": "rang the treasurer", "#code": "TECH", "#look-reason": "與客戶通話"}
        page.locator("#reason").fill(typed["#reason"])
        page.locator("#code").select_option(typed["#code"])
        page.locator("#look summary").click()
        page.locator("#look-reason").fill(typed["#look-reason"])
        chosen = ('.tools a[hreflang="zh-Hant"]', 'a[href*="theme=dark"]',
                  'a[href*="density=comfortable"]')  # fmt: skip
        for choice in chosen:
            if not page.locator(choice).is_visible():
                page.locator(".tools summary").click()
            with page.expect_navigation():
                page.locator(choice).click()
            for field, text in typed.items():
                expect(page.locator(field)).to_have_value(text)
            expect(page.locator("#look-reason")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")
        page.locator('.clock a[href^="/zone"]').click()
        page.locator('form[action="/set"] button').first.click()
        page.wait_for_url(f"**/transfers/{number}")
        expect(page.locator("#reason")).to_have_value(typed["#reason"])
        assert page.evaluate("sessionStorage.getItem('typed')") is None
        # Who goes elsewhere meanwhile meets it nowhere.
        page.locator('.clock a[href^="/zone"]').click()
        page.locator('.nav a[href="/log"]').click()
        console.go(page, f"/transfers/{number}")
        expect(page.locator("#reason")).to_have_value("")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_transfer_opens_beside_its_list_and_focus_comes_back(
    console: Console, faults: Callable[[Page], list[str]], language: str
) -> None:
    with console.page(language, at="/transfers?status=held") as page:
        panel, chosen = page.locator("#panel"), page.locator('tr[aria-selected="true"] a.row')
        for key in ("j", "j", "Enter"):
            page.keyboard.press(key)
        number = str(chosen.get_attribute("href")).rpartition("/")[2]
        expect(panel.locator("h2").first).to_be_focused()
        expect(panel).to_contain_text(number)
        expect(panel.locator(".ev")).not_to_have_count(0)
        assert page.url.endswith(f"status=held&open={number}")
        for width in (1100, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert faults(page) == [], width
        # The next row is shown in it, and the address finds that one again.
        page.keyboard.press("j")
        second = str(chosen.get_attribute("href")).rpartition("/")[2]
        expect(panel.locator("h2").first).to_contain_text(second)
        page.reload()
        expect(panel.locator("h2").first).to_contain_text(second)
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(chosen).to_be_focused()
        assert "open=" not in page.url
        page.keyboard.press("Enter")
        expect(panel).to_be_visible()
        page.keyboard.press("Control+Enter")
        page.wait_for_url(f"**/transfers/{second}")
    with console.page(language, "phone", at="/transfers?status=held") as page:
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/transfers/*")
