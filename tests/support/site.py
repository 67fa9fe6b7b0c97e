"""A console that runs over a real gate, and what its tests ask of both."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
import psycopg
from tests.support.scene import Scene

from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.entrypoints.console.links import make_link
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role

PAUSES = 300


@dataclass
class Site:
    """A console that runs, and what stands behind it."""

    bed: Bed
    scene: Scene
    address: str
    held: int

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, headers={"origin": self.address}, timeout=30)

    @contextmanager
    def signed_in(self) -> Iterator[httpx.Client]:
        token = make_link(self.bed.folder, SystemClock())
        with self.client() as client:
            assert client.post("/enter", data={"link": token}).status_code == 303
            yield client

    def asked(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.bed.database.dsn(Role.APP)) as connection:
            return connection.execute(sql, list(values)).fetchall()

    def tamper(self, sql: str, *values: Any) -> None:
        """Change one row as a hostile superuser would, past every constraint."""
        with psycopg.connect(self.bed.database.superuser_dsn()) as connection:
            connection.execute("SET session_replication_role = replica")
            assert connection.execute(sql.encode(), list(values)).rowcount == 1

    def proof(self, client: httpx.Client) -> httpx.Response:
        """Of the held transfer, once a checkpoint covers it."""
        pause = threading.Event()
        for _ in range(PAUSES):
            answer = client.get(f"/transfers/{self.held}/proof")
            if "proof.not_published_yet" not in answer.text:
                return answer
            pause.wait(0.1)
        raise AssertionError("no checkpoint came")


@contextmanager
def a_site(name: str = "console", **changed: str) -> Iterator[Site]:
    """A house with a small day behind it, of which one transfer is held."""
    with a_bed(name=name) as bed:
        bed.gate().start()
        bed.populate(1)
        scene = Scene(bed)
        scene.open_accounts()
        scene.ordinary(40)
        held = scene.large(0, 0)
        port = bed.console(**changed).start().port
        yield Site(bed, scene, f"http://127.0.0.1:{port}", held)


def fields_of(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads there."""
    form = re.search(rf'<form method="post" action="{action}".*?</form>', page, re.DOTALL)
    assert form, page
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+|[\w-]+)">', form[0]))


def read_out(page: str) -> list[str]:
    """What a person reads or hears of a page, but for codes and what is to be typed."""
    masked = re.sub(r'\w* ?<span class="dots">', " ", page)
    plain = re.sub(
        r"<(code|kbd|script|style|title|pre)\b.*?</\1>"
        r'|<(span|b|a)\b[^>]*(?:class="[^"]*\bcode\b[^"]*"|lang="en")[^>]*>.*?</\2>',
        " ",
        masked,
        flags=re.DOTALL,
    )
    said = re.findall(r'\b(?:title|aria-label|placeholder|alt)="([^"]*)"', plain)
    return [unescape(text) for text in (*said, re.sub(r"<[^>]*>", " ", plain))]


def verified(client: httpx.Client, language: str) -> str:
    """What the log page says of a verification, once it came to its end."""
    client.cookies.set("language", language)
    fields = fields_of(client.get("/log").text, "/log/verify")
    client.post("/log/verify", data=fields)
    pages = (client.get("/log").text for _ in range(1_000))
    page = next(page for page in pages if 'action="/log/verify"' in page)
    return page.partition('id="verification"')[2].partition("</section>")[0]
