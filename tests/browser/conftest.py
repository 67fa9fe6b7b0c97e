"""One browser and one console over a real gate for all browser tests of a process."""

import importlib.metadata
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright
from tests.support.scene import Scene

from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.entrypoints.console.links import link_of, make_link
from countersign.entrypoints.gate.process import GateProcess
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role

CHROMIUM = Path("/usr/bin/chromium")
CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
# All that it finds counts, minor faults too.
RUN_AXE = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.impact} ${rule.id}: ${node.html.slice(0, 160)}`));
}"""
ORDINARY = 20  # Small orders: enough for each kind of row, few enough for axe-core's sake.
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
LOCALES = {"en": "en-GB", "zh": "zh-TW"}


@dataclass
class Console:
    """A console with a small bank day behind it, and a browser before it."""

    bed: Bed
    gate: GateProcess
    scene: Scene
    address: str
    browser: Browser

    @contextmanager
    def page(
        self,
        language: str = "en",
        size: str = "desktop",
        theme: str = "light",
        *,
        is_failing: bool = False,
    ) -> Iterator[Page]:
        """A signed-in page; ends with the proof that the browser had nothing to complain of."""
        said: list[str] = []
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale=LOCALES[language],
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: _note_failure(said, request))
        try:
            page.goto(link_of(self.address, make_link(self.bed.folder, SystemClock())))
            page.wait_for_url(f"{self.address}/")
            yield page
            assert is_failing or said == []
        finally:
            context.close()

    def go(self, page: Page, path: str) -> None:
        answer = page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200

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
