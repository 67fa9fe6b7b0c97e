"""Takes the pictures of docs/screenshots: `python -m tests.browser.screenshots FOLDER MINUTES`.

Every page, in both languages, light and dark, at a desk and on a phone; of a bank day that was
played for so many minutes. Health names the folder, which lies where TMPDIR says.
"""

import sys
import threading
from pathlib import Path
from random import Random

from playwright.sync_api import Browser, Page, sync_playwright
from tests.browser.conftest import CHROMIUM, LOCALES, SIZES
from tests.support.scene import Scene

from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.entrypoints.console.links import link_of, make_link
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.run_lock import run_lock
from countersign.infra.clock import SystemClock, monotonic
from countersign.rails.model import Patience

_TURN_SECONDS = 2.0
_HOLD_ODDS = 0.02


def main() -> None:
    folder, minutes = Path(sys.argv[1]), float(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    # Health looks for who runs it: as `run` does, this process holds the lock and has the children.
    with a_bed(name="linjiang") as bed, run_lock(bed.installation.data_dir):
        held = _play(bed, minutes)
        address = f"http://127.0.0.1:{bed.console().start().port}"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=["--no-sandbox"]
            )
            for language in LOCALES:
                for theme in ("light", "dark"):
                    for size in SIZES:
                        of = (language, theme, size)
                        _take(browser, bed, folder, address=address, held=held, of=of)
            browser.close()


def _play(bed: Bed, minutes: float) -> int:
    """A bank day; gives the number of a held transfer."""
    bed.gate().start()
    bed.api().start()
    bed.populate(1)
    bed.rail(Behaviour(delay_min_ms=200, delay_max_ms=1500)).start()
    bed.worker(patience=Patience()).start()
    scene, random, pause = Scene(bed), Random(3), threading.Event()
    scene.open_accounts()
    scene.ordinary(60)
    held = scene.large(0, 3, 1_284_500_00)
    scene.bring("SUPPLIERS-1128", ["12400.00", "880.25", "56310.40", "1310000.00"], wrong=1)
    scene.bring("PAYROLL-1128", [f"{2400 + place * 35}.00" for place in range(24)])
    scene.bring("RENT-AND-POWER-OF-ALL-HOUSES-2026-11-28", ["1.00"])
    scene.chain()
    until = monotonic() + minutes * 60
    while monotonic() < until:
        scene.ordinary(random.randrange(1, 8))
        if random.random() < _HOLD_ODDS:
            scene.large(random.randrange(8), random.randrange(7), random.randrange(11, 60) * 10**7)
        pause.wait(_TURN_SECONDS)
    return held


def _take(
    browser: Browser,
    bed: Bed,
    folder: Path,
    *,
    address: str,
    held: int,
    of: tuple[str, str, str],
) -> None:
    language, theme, size = of
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        locale=LOCALES[language],
    )
    page = context.new_page()
    page.goto(link_of(address, make_link(bed.folder, SystemClock())))
    page.wait_for_url(f"{address}/")
    for name, path in (
        ("board", "/"),
        ("transfers", "/transfers"),
        ("transfer", f"/transfers/{held}"),
        ("alerts", "/alerts"),
        ("accounts", "/accounts"),
        ("account", "/accounts/5"),
        ("files", "/files"),
        ("freezes", "/freezes"),
        ("log", "/log"),
        ("health", "/health"),
    ):
        page.goto(address + path)
        page.screenshot(path=folder / f"{name}-{language}-{theme}-{size}.png")
    _take_more(page, folder, address=address, held=held, of=of)
    context.close()


def _take_more(
    page: Page, folder: Path, *, address: str, held: int, of: tuple[str, str, str]
) -> None:
    """One file, one alert, parties in clear, and what a palette finds."""
    ending = f"{'-'.join(of)}.png"
    page.goto(f"{address}/files")
    row = page.locator("tbody tr:has(.st.hold) a.row").first
    page.goto(f"{address}{row.get_attribute('href')}")
    page.screenshot(path=folder / f"file-{ending}")
    page.goto(f"{address}/alerts")
    page.goto(f"{address}{page.locator('tbody a.row').first.get_attribute('href')}")
    page.screenshot(path=folder / f"alert-{ending}")
    page.goto(f"{address}/transfers/{held}")
    page.keyboard.press("v")
    page.keyboard.type("The treasurer rang back on the known number")
    page.locator("#look button").click()
    page.locator("[data-clear]").scroll_into_view_if_needed()
    page.screenshot(path=folder / f"revealed-{ending}")
    page.goto(f"{address}/transfers")
    page.keyboard.press("Control+k")
    page.keyboard.type(">1m")
    page.locator("[role=option]").first.wait_for()
    page.screenshot(path=folder / f"palette-{ending}")


if __name__ == "__main__":
    main()
