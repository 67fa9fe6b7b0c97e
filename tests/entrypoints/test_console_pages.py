"""What pages of the console tell and keep: figures, environment, zone, filters, ledger."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import pytest
from tests.support.scene import house
from tests.support.site import Site, a_site

from countersign.entrypoints.console.ledger import leaf_through
from countersign.entrypoints.console.zones import known_zones
from countersign.flows.list_accounts import newest_entries
from countersign.gate.client import GateClient
from countersign.gate.commands import Dispatch, Kind, SetPolicy
from countersign.gate.requests import WORKER_SOCKET
from countersign.infra.database import Role
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import encode_policy

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with a_site("pages", environment="rehearsal") as site:
        yield site


@pytest.mark.parametrize(("language", "named"), [("en", "Environment"), ("zh", "環境")])
def test_what_is_not_production_says_so_on_every_page_and_before_a_session(
    site: Site, language: str, named: str
) -> None:
    with site.client() as client, site.signed_in() as signed_in:
        for one in (client, signed_in):
            # Nothing that a reader sends takes it away.
            one.cookies.update({"language": language, "environment": "", "site": "production"})
        pages = [client.get(path).text for path in ("/sign-in", "/enter?environment=")]
        inside = [signed_in.get(path).text for path in ("/", "/log", "/nowhere", "/?environment=x")]
    for page in (*pages, *inside):
        assert '<div class="band"' in page
        assert " · rehearsal · Countersign</title>" in page
        assert '<b class="env">rehearsal</b>' in page
    assert all(f"<b>{named} rehearsal</b>" in page for page in inside)


@pytest.mark.parametrize(
    ("language", "until"),
    [("en", "held until {} Taipei, then"), ("zh", "暫緩至 {}（Taipei），逾時")],
)
def test_a_time_zone_is_kept_and_named_and_moves_no_proof(
    site: Site, language: str, until: str
) -> None:
    path = f"/transfers/{site.held}"
    ((due_ms,),) = site.asked("SELECT until_ms FROM transfers.hold WHERE number = %s", site.held)
    with site.signed_in() as client:
        client.cookies.set("language", language)
        proof = site.proof(client).content
        offered = client.get("/zone", params={"back": path}).text
        assert f'<a class="btn" href="{path}">' in offered
        if len(known_zones()) == 1:
            assert "<code>tzdata</code>" in offered
            return
        assert "<option>Asia/Taipei</option>" in offered
        chosen = client.get("/set", params={"zone": "Asia/Taipei", "back": path})
        assert chosen.headers["location"] == path
        page = unescape(re.sub(r"<[^>]*>", "", client.get(path).text))
        there = datetime.fromtimestamp(due_ms / 1000, ZoneInfo("Asia/Taipei"))
        day = f"{there.month} 月 {there.day} 日" if language == "zh" else f"{there:%d %b}"
        assert until.format(f"{day} {there:%H:%M:%S}") in page
        for other in ("/", "/log", "/alerts", "/board/decisions", "/files"):
            assert "Asia/Taipei, UTC+8" in client.get(other).text
        assert client.get(f"{path}/proof").content == proof
        for back in ("//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"):
            assert 'href="/">' in client.get("/zone", params={"back": back}).text
            assert back not in client.get("/zone", params={"back": back}).text.partition("<main")[2]


def test_a_zone_that_this_machine_does_not_know_is_refused(site: Site) -> None:
    with site.signed_in() as client:
        refused = client.get("/set", params={"zone": "Mars/Olympus", "theme": "dark"})
        assert refused.status_code == 400
        assert "console.unknown_zone" in refused.text
        assert "Mars/Olympus" in refused.text
        assert "set-cookie" not in refused.headers
        client.cookies.set("zone", "Mars/Olympus")
        assert ">UTC</a>" in client.get("/").text


@pytest.mark.parametrize(
    ("language", "bound", "usual", "policy"),
    [("en", "from", "usual", "Policy {}"), ("zh", "門檻", "平常", "策略 {}")],
)
def test_a_reason_shows_its_numbers_and_the_policy_that_found_it(
    site: Site, language: str, bound: str, usual: str, policy: str
) -> None:
    ((number, digest, amount, median),) = site.asked(
        "SELECT p.number, encode(p.hash, 'hex'), t.amount,"
        " (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY b.amount)"
        "  FROM transfers.transfer AS b WHERE b.debtor = t.debtor AND b.number < t.number)"
        " FROM transfers.transfer AS t JOIN rules.policy AS p ON p.number = t.policy"
        " WHERE t.number = %s",
        site.held,
    )
    with site.signed_in() as client:
        client.cookies.set("language", language)
        page = unescape(client.get(f"/transfers/{site.held}").text)
        board = unescape(client.get("/board/part").text)
    why = page.partition('id="why"')[2].partition("</section>")[0]
    held = board.partition("<tbody>")[2].partition("</tbody>")[0]
    threshold = f"EUR {1_000_000:,.2f}"
    decided = f'{policy.format(number)} <span class="code">{digest[:8]}</span>'
    first = re.sub(r"<[^>]*>", "", why.partition("</ul>")[0])
    assert f"EUR {amount / 100:,.2f}" in first
    for text in (first, re.sub(r"<[^>]*>", "", held)):
        assert f"{bound} {threshold}" in text
        assert f"{usual} EUR {median / 100:,.2f}" in text
    assert decided in held
    codes = len(re.findall(r"<b>", why))
    assert why.count(decided) == codes > 1


@pytest.mark.parametrize(
    ("language", "same", "different"),
    [
        ("en", "judged again: the same", "judged again: different"),
        ("zh", "重新裁決：結果相同", "重新裁決：結果不同"),
    ],
)
def test_a_transfer_is_judged_again_by_what_was_recorded_of_it(
    site: Site, language: str, same: str, different: str
) -> None:
    kept = "SELECT reasons FROM transfers.transfer WHERE number = %s"
    ((reasons,),) = site.asked(kept, site.held)
    change = "UPDATE transfers.transfer SET reasons = %s WHERE number = %s"
    with site.signed_in() as client:
        client.cookies.set("language", language)
        assert same in client.get(f"/transfers/{site.held}").text
        site.tamper(change, reasons.partition(",")[0], site.held)
        try:
            page = client.get(f"/transfers/{site.held}").text
        finally:
            site.tamper(change, reasons, site.held)
    assert different in page
    assert same not in page


def test_alerts_are_listed_from_any_on_so_that_none_is_out_of_reach(site: Site) -> None:
    numbers = [n for (n,) in site.asked("SELECT number FROM alerts.alert WHERE status <> 3")]
    assert len(numbers) >= 1
    with site.signed_in() as client:
        after = client.get("/alerts", params={"before": max(numbers) + 1}).text
        assert f'href="/alerts/{max(numbers)}?' in after
        assert (
            f'href="/alerts/{max(numbers)}?'
            not in client.get("/alerts", params={"before": max(numbers)}).text.partition("<aside")[
                0
            ]
        )
        for odd in ("x", "-1", "9" * 30):
            assert client.get("/alerts", params={"before": odd}).status_code < 500


@pytest.mark.parametrize(("language", "bound"), [("en", "from"), ("zh", "門檻")])
def test_an_alert_shows_the_numbers_of_its_rules_and_the_policy_that_raised_it(
    site: Site, language: str, bound: str
) -> None:
    ((alert, rules, digest),) = site.asked(
        "SELECT a.number, a.rules, encode(p.hash, 'hex') FROM alerts.alert AS a"
        " JOIN transfers.transfer AS t ON t.number = a.transfer"
        " JOIN rules.policy AS p ON p.number = t.policy"
        " WHERE a.transfer = %s ORDER BY a.number LIMIT 1",
        site.held,
    )
    with site.signed_in() as client:
        client.cookies.set("language", language)
        page = unescape(client.get(f"/alerts/{alert}").text)
    panel = page.partition("<aside")[2]
    assert panel.count(f'<span class="code">{digest[:8]}</span>') == len(rules.split(","))
    assert f"{bound} EUR {1_000_000:,.2f}" in re.sub(r"<[^>]*>", "", panel)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/transfers?status=held&least=1000&sort=oldest", ["Status Held", "Amount ≥ 1,000"]),
        ("/transfers?sort=oldest&status=nothing", []),
        ("/alerts?view=acknowledged", ["State Acknowledged"]),
        ("/log?view=refused&before=50", ["Outcome Refused", "Leaf < 50"]),
    ],
)
def test_each_filter_is_a_word_that_leads_to_the_list_without_it(
    site: Site, path: str, names: list[str]
) -> None:
    with site.signed_in() as client:
        while True:
            chips = re.findall(r'<a class="filter" href="(.*?)">(.*?)<svg', client.get(path).text)
            said = [unescape(re.sub(r"<[^>]*>", "", text)).strip() for _, text in chips]
            assert said == [f"Remove: {name}" for name in names]
            if not chips:
                break
            path, names = unescape(chips[0][0]), names[1:]


def test_a_panel_shows_a_transfer_masked_and_to_who_is_signed_in(site: Site) -> None:
    path = f"/transfers/{site.held}/panel"
    with site.client() as client:
        assert client.get(path).headers["location"] == "/sign-in"
    with site.signed_in() as client:
        panel = client.get(path).text
        assert client.get("/transfers/99999/panel").status_code == 404
    assert "<html" not in panel
    assert f'href="/transfers/{site.held}"' in panel
    assert "from EUR 1,000,000.00" in panel
    for restricted in ("Meadow", house(0).rpartition(":")[2], "Falcon Metals"):
        assert restricted not in panel


def test_a_ledger_is_leafed_through_without_losing_an_entry(site: Site) -> None:
    """However many stand on a page."""
    ((account,),) = site.asked(
        "SELECT a FROM (SELECT debit_account AS a FROM ledger.posting"
        " UNION ALL SELECT credit_account FROM ledger.posting) AS p"
        " GROUP BY a ORDER BY count(*) DESC LIMIT 1"
    )
    with psycopg.connect(site.bed.database.dsn(Role.APP)) as connection:
        whole = newest_entries(connection, account=account, limit=1_000)
        assert len(whole) > 7
        for rows in (3, 7, len(whole) - 1, len(whole)):
            pages = [leaf_through(connection, account=account, rows=rows)]
            while (older := pages[-1].older) is not None:
                pages.append(leaf_through(connection, account=account, rows=rows, before=older))
            assert [entry for page in pages for entry in page.entries] == whole
            back = [pages[-1]]
            while (newer := back[-1].newer) is not None:
                back.append(leaf_through(connection, account=account, rows=rows, after=newer))
            seen = [entry.number for page in back for entry in page.entries]
            assert set(seen) == {entry.number for entry in whole}
            assert back[-1] == pages[0]
    middle = whole[len(whole) // 2].number
    with site.signed_in() as client:
        page = client.get(f"/accounts/{account}?before={middle}").text
        ledger = page.partition('id="ledger"')[2]
        assert ledger.count("<tr>") - 1 == len([one for one in whole if one.number < middle])
        (newer,) = re.findall(rf'href="(/accounts/{account}\?after=\d+)#ledger"', ledger)
        again = client.get(newer).text.partition('id="ledger"')[2]
        assert again.count("<tr>") - 1 == len(whole)
        assert "?after=" not in again


def test_what_a_dispatch_holds_is_told_by_the_policy_that_held_it(site: Site) -> None:
    (placed,) = site.scene.placed_by(1, 1)
    strict = msgspec.structs.replace(DEFAULT_POLICY, amounts={"large": {"EUR": 1_000_00}})
    with site.bed.operator() as operator, worker_of(site) as worker:
        assert operator.ask(Kind.SET_POLICY, SetPolicy(encode_policy(strict))).outcome == "ok"
        assert worker.ask(Kind.DISPATCH, Dispatch(placed.number)).outcome == "held"
        operator.ask(Kind.SET_POLICY, SetPolicy(encode_policy(DEFAULT_POLICY)))
    ((policy, digest),) = site.asked(
        "SELECT number, encode(hash, 'hex') FROM rules.policy ORDER BY number DESC OFFSET 1 LIMIT 1"
    )
    with site.signed_in() as client:
        page = client.get(f"/transfers/{placed.number}").text
    why = page.partition('id="why"')[2].partition("</section>")[0]
    assert f'Policy {policy} <span class="code">{digest[:8]}</span>' in why
    assert "from EUR 1,000.00" in why


def worker_of(site: Site) -> GateClient:
    return GateClient(site.bed.installation.sockets, WORKER_SOCKET, timeout_seconds=60)
