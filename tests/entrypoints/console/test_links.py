"""One-time links: what opens, what does not, and what is kept of them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE

import pytest

from countersign.entrypoints.console.errors import LinkSpent
from countersign.entrypoints.console.links import (
    LINK_MS,
    link_of,
    make_link,
    note_address,
    noted_address,
    spend_link,
)

pytestmark = pytest.mark.fast


class At:
    """A clock that stands."""

    def __init__(self, milliseconds: int = 1_000_000) -> None:
        self.milliseconds = milliseconds

    def now_ms(self) -> int:
        return self.milliseconds


def test_a_link_opens_once(tmp_path: Path) -> None:
    token = make_link(tmp_path, At())
    spend_link(tmp_path, token, At())
    with pytest.raises(LinkSpent) as refusal:
        spend_link(tmp_path, token, At())
    assert refusal.value.code == "console.link_spent"


def test_of_many_who_spend_a_link_at_once_one_comes_in(tmp_path: Path) -> None:
    token = make_link(tmp_path, At())

    def comes_in(_: int) -> bool:
        try:
            spend_link(tmp_path, token, At())
        except LinkSpent:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(comes_in, range(32))) == 1


@pytest.mark.parametrize(("after_ms", "opens"), [(0, True), (LINK_MS - 1, True), (LINK_MS, False)])
def test_a_link_ends_after_ten_minutes(tmp_path: Path, after_ms: int, *, opens: bool) -> None:
    token = make_link(tmp_path, At(1000))
    if opens:
        spend_link(tmp_path, token, At(1000 + after_ms))
    else:
        with pytest.raises(LinkSpent):
            spend_link(tmp_path, token, At(1000 + after_ms))


@pytest.mark.parametrize("token", ["", "x", "../address", "..", "\x00", "é" * 50])
def test_what_is_no_token_opens_nothing(tmp_path: Path, token: str) -> None:
    make_link(tmp_path, At())
    note_address(tmp_path, "1")
    with pytest.raises(LinkSpent):
        spend_link(tmp_path, token, At())
    assert noted_address(tmp_path) == "1"


def test_the_token_itself_is_kept_nowhere_and_nobody_else_may_look(tmp_path: Path) -> None:
    token = make_link(tmp_path, At())
    kept = list(tmp_path.rglob("*"))
    for path in kept:
        assert token not in str(path)
        assert path.is_dir() or token not in path.read_text()
        assert S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert len(kept) == 3


def test_links_that_nobody_used_go_when_another_is_made(tmp_path: Path) -> None:
    for _ in range(5):
        make_link(tmp_path, At(0))
    make_link(tmp_path, At(LINK_MS))
    assert len(list((tmp_path / "console" / "links").iterdir())) == 1


def test_each_link_is_another_one(tmp_path: Path) -> None:
    assert len({make_link(tmp_path, At()) for _ in range(50)}) == 50
    assert link_of("http://127.0.0.1:1", "t") == "http://127.0.0.1:1/enter?link=t"


def test_the_address_is_noted_and_replaced(tmp_path: Path) -> None:
    assert noted_address(tmp_path) is None
    note_address(tmp_path, "http://127.0.0.1:1")
    note_address(tmp_path, "http://127.0.0.1:2")
    assert noted_address(tmp_path) == "http://127.0.0.1:2"
