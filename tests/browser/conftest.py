"""One browser and one console over a real gate for all browser tests of a process."""

import importlib.metadata
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import psycopg
import pytest
from playwright.sync_api import Browser, Page, Request, StorageState, sync_playwright
from tests.support.scene import Scene

from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.entrypoints.console.links import link_of, make_link
from countersign.entrypoints.gate.process import GateProcess
from countersign.gate.commands import Command, Kind, decode
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role

CHROMIUM = Path("/usr/bin/chromium")
CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
# All that it finds counts, minor faults too. Of rows that differ in their values alone one is
# looked at: the contrast of each text of fifty such rows is most of the time of these tests.
RUN_AXE = """async (rules) => {
  const shapes = new Set();
  const again = [...document.querySelectorAll("tbody tr, main li, .usual > *")].filter((row) => {
    const shape = row.outerHTML.replace(/>[^<]*[^<\\s][^<]*</g, ">x<")
      .replace(/ (href|id|title|datetime|aria-label|transform|cx|d)="[^"]+"/g, ' $1="x"');
    return shapes.size === shapes.add(shape).size;
  });
  const where = { include: [document], exclude: again };
  const runOnly = rules ? { runOnly: rules } : {};
  const found = await axe.run(where, { resultTypes: ["violations"], ...runOnly });
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.impact} ${rule.id}: ${node.html.slice(0, 160)}`));
}"""
PAINTED = ["color-contrast", "target-size", "scrollable-region-focusable"]
ORDINARY = 20  # Small orders: enough for each kind of row, few enough for axe-core's sake.
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
LOCALES = {"en": "en-GB", "zh": "zh-TW"}


class Act(NamedTuple):
    """A leaf of the log: what was asked, and what the gate decided of it."""

    kind: Kind
    outcome: str
    command: Command


@dataclass
class Console:
    """A console with a small bank day behind it, and a browser before it."""

    bed: Bed
    gate: GateProcess
    scene: Scene
    address: str
    browser: Browser
    session: StorageState | None = None
    kept: dict[tuple[str, str, str], Page] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @contextmanager
    def page(
        self,
        language: str = "en",
        size: str = "desktop",
        theme: str = "light",
        *,
        at: str = "/",
        is_failing: bool = False,
        is_alone: bool = False,
    ) -> Iterator[Page]:
        """A signed-in page, at a path if one is given; ends with the proof that the browser had
        nothing to complain of.

        Pages are used again, without what was chosen and kept in them, and share one session. One
        that stands alone is new and signs in itself: for who signs out, or sets the clock.
        """
        self.said.clear()
        of = (language, size, theme)
        page = None if is_alone else self.kept.pop(of, None)
        if page is None:
            page = self._opened(of, is_alone=is_alone)
        else:
            page.context.clear_cookies()
            page.context.add_cookies(cast("Any", (self.session or {}).get("cookies", [])))
        is_kept = False
        try:
            if at and page.url != self.address + at:
                self.go(page, at)
            yield page
            assert is_failing or self.said == []
            is_kept = not is_alone
        finally:
            if is_kept:
                if page.url.startswith(self.address):
                    page.evaluate("sessionStorage.clear()")
                page.goto("about:blank")  # Where nothing is asked again by itself.
                self.kept[of] = page
            else:
                page.context.close()

    def _opened(self, of: tuple[str, str, str], *, is_alone: bool) -> Page:
        language, size, theme = of
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale=LOCALES[language],
            color_scheme="dark" if theme == "dark" else "light",
            storage_state=None if is_alone else self.session,
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("requestfailed", lambda request: _note_failure(self.said, request))
        if is_alone or not self.session:
            page.goto(link_of(self.address, make_link(self.bed.folder, SystemClock())))
            page.wait_for_url(f"{self.address}/")
        if not is_alone:
            self.session = self.session or context.storage_state()
        return page

    def go(self, page: Page, path: str) -> None:
        answer = page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200

    def newest_act(self) -> Act:
        """The newest leaf of the console's credential."""
        ((kind, outcome, body),) = self.asked(
            "SELECT kind, outcome, body FROM gate.command WHERE credential = 4"
            " ORDER BY number DESC LIMIT 1"
        )
        return Act(Kind(kind), outcome, decode(kind, body))

    @property
    def log(self) -> Verifier:
        """The public key of this bed's log."""
        return self.bed.installation.log_verifier(self.bed.installation.keyset())

    def asked(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.bed.database.dsn(Role.APP)) as connection:
            return connection.execute(sql, list(values)).fetchall()


@pytest.fixture(scope="module")
def empty_console() -> Iterator[Console]:
    """A house into which nothing came yet."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's Chromium is not installed")
    with a_bed(name="linjiang") as bed, sync_playwright() as playwright:
        gate = bed.gate()
        gate.start()
        port = bed.console().start().port
        more = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=more)
        yield Console(bed, gate, Scene(bed), f"http://127.0.0.1:{port}", browser)
        browser.close()


@pytest.fixture(scope="module")
def console(empty_console: Console) -> Console:
    """The same house after a small bank day; tests of the empty one come before."""
    empty_console.bed.populate(1)
    scene = empty_console.scene
    scene.open_accounts()
    scene.ordinary(ORDINARY)
    scene.chain()
    return empty_console


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core, out of a wheel of which nothing else is used."""
    file = importlib.metadata.distribution("axe-playwright-python").locate_file(
        "axe_playwright_python/axe.min.js"
    )
    return Path(str(file)).read_text(encoding="utf-8")


@pytest.fixture
def repainted(axe: str) -> Callable[[Page], list[str]]:
    """What is wrong with a page in the other theme and the other density.

    Neither changes what is there, so only what depends on colours and sizes is looked at again.
    """

    def found(page: Page) -> list[str]:
        is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        page.emulate_media(color_scheme="light" if is_dark else "dark")
        page.evaluate("document.documentElement.dataset.density = 'comfortable'")
        page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
        page.evaluate(axe)
        wrong = [*page.evaluate(RUN_AXE, PAINTED), *page.evaluate(CHECKS)]
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        return wrong

    return found


@pytest.fixture
def faults(axe: str) -> Callable[[Page], list[str]]:
    """What axe-core and our own checks find wrong with a page.

    The driver puts axe-core in, past the content policy, which lets no page do so.
    """

    def found(page: Page) -> list[str]:
        page.evaluate(axe)
        return [*page.evaluate(RUN_AXE), *page.evaluate(CHECKS)]

    return found


def _note_failure(said: list[str], request: Request) -> None:
    """What a page still asked for when it was left is no fault."""
    if "ABORTED" not in (request.failure or ""):
        said.append(f"{request.url}: {request.failure}")
