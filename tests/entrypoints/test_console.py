"""The console as a process over a real gate: who comes in, what a form does, what ends it."""

import re
import socket
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import psycopg
import pytest
from tests.support.chinese import foreign_words
from tests.support.scene import elsewhere, house
from tests.support.site import Site, a_site, fields_of, read_out, verified

from countersign.entrypoints.console.app import make_app
from countersign.entrypoints.console.links import link_of, make_link, noted_address
from countersign.entrypoints.console.process import ConsoleDidNotStart
from countersign.entrypoints.console.views import VIEWS_MAX
from countersign.entrypoints.processes import console_of
from countersign.entrypoints.web.listening import HEAD_BYTES_MAX
from countersign.flows.list_accounts import moved_by_day
from countersign.gate.intake import Intake
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role
from countersign.kernel.six_words import six_words
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import Rule, Typology
from countersign.vault.subjects import SubjectKeys

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with a_site() as site:
        yield site


PAGES = ("/", "/board/part", "/board/decisions", "/transfers", "/alerts", "/accounts", "/files",
         "/freezes", "/log", "/health")  # fmt: skip
FORMS = ("/transfers/1/act", "/transfers/1/reveal", "/alerts/1/acknowledge", "/alerts/1/close",
         "/accounts/1/freeze", "/accounts/1/unfreeze", "/log/verify", "/views/keep",
         "/views/forget", "/find", "/sign-out")  # fmt: skip


def test_the_forms_listed_here_are_all_there_are(site: Site) -> None:
    guard: Any = make_app.__globals__
    routes = [
        route
        for name in (
            "board_pages",
            "file_pages",
            "transfer_pages",
            "alert_pages",
            "account_pages",
            "proof_pages",
            "palette",
            "views",
        )
        for route in guard[name].ROUTES
    ]
    posts = {
        re.sub(r"\{number:whole\}", "1", r.path) for r in routes if "POST" in (r.methods or ())
    }
    assert posts | {"/sign-out"} == set(FORMS)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_with_a_session_and_only_so(site: Site, path: str) -> None:
    with site.client() as client:
        assert client.get(path).headers["location"] == "/sign-in"
        assert 'class="band"' not in client.get("/sign-in").text, "this one is production"
    with site.signed_in() as client:
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", FORMS)
def test_a_form_needs_a_session_an_origin_and_its_token(site: Site, path: str) -> None:
    before = site.asked("SELECT max(number) FROM gate.command")
    sent = {"act": "release", "reason": "why", "tail": "0000", "request_key": "ab" * 16}
    with site.client() as client:
        assert client.post(path, data=sent).status_code == 401
    with site.signed_in() as client:
        assert client.post(path, data=sent, headers={"origin": "null"}).status_code == 403
        refused = client.post(path, data=sent)
        assert refused.status_code == 403
        assert "console.form_expired" in refused.text
        assert client.post(path, data=sent | {"form_token": "x"}).status_code == 403
    assert site.asked("SELECT max(number) FROM gate.command") == before


def test_a_link_opens_once_and_its_cookie_is_for_this_site_alone(site: Site) -> None:
    token = make_link(site.bed.folder, SystemClock())
    with site.client() as client:
        shown = client.get(link_of("", token))
        assert shown.status_code == 200
        assert token in shown.text
        answer = client.post("/enter", data={"link": token})
        cookie = answer.headers["set-cookie"]
        assert answer.headers["location"] == "/"
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert client.get("/").status_code == 200
    with site.client() as another:
        again = another.post("/enter", data={"link": token})
        assert again.status_code == 403
        assert "console.link_spent" in again.text
        assert "set-cookie" not in again.headers


def test_who_signs_out_is_out(site: Site) -> None:
    with site.signed_in() as client:
        cookies = dict(client.cookies)
        fields = fields_of(client.get("/").text, "/sign-out")
        assert client.post("/sign-out", data=fields).headers["location"] == "/sign-in"
        client.cookies.update(cookies)
        assert client.get("/").headers["location"] == "/sign-in"


def test_a_form_sent_twice_is_one_act(site: Site) -> None:
    number = site.scene.large(1, 1)
    with site.signed_in() as client:
        action = f"/transfers/{number}/act"
        fields = fields_of(client.get(f"/transfers/{number}").text, action)
        sent = fields | {"act": "release", "reason": "spoke to the debtor", "code": "FRAD"}
        for _ in range(2):
            answer = client.post(action, data=sent)
            assert answer.headers["location"] == f"/transfers/{number}?done=release"
    (row,) = site.asked(
        "SELECT kind, credential, outcome FROM gate.command WHERE transfer = %s", number
    )
    assert row == (13, 4, "released")


@pytest.mark.parametrize(("language", "words"), [("en", "Not done"), ("zh", "未執行")])
def test_what_the_gate_refuses_is_told_in_the_readers_language(
    site: Site, language: str, words: str
) -> None:
    action = f"/transfers/{site.held}/act"
    with site.signed_in() as client:
        client.cookies.set("language", language)
        fields = fields_of(client.get(f"/transfers/{site.held}").text, action)
        # A release names the hold that was looked at; this is another one.
        refused = client.post(action, data=fields | {"act": "release", "hold": "7", "reason": "y"})
        assert refused.status_code == 409
        assert words in refused.text
        assert "transfers." in refused.text
        empty = client.post(action, data=fields | {"act": "reject", "reason": " "})
        assert empty.status_code == 400
        assert "console.reason_missing" in empty.text


def test_an_account_is_frozen_by_its_last_characters_only(site: Site) -> None:
    (row,) = site.asked("SELECT number FROM accounts.account WHERE number > 2 ORDER BY 1 LIMIT 1")
    number = row[0] + 2
    with site.signed_in() as client:
        action = f"/accounts/{number}/freeze"
        page = client.get(f"/accounts/{number}").text
        fields = fields_of(page, action) | {"reason": "reported by the holder"}
        wrong = client.post(action, data=fields | {"tail": "9999"})
        assert wrong.status_code == 400
        assert "console.wrong_digits" in wrong.text
        assert client.get("/accounts/99999").status_code == 404
        assert "console.no_such_account" in client.get("/accounts/99999").text
    assert site.asked("SELECT count(*) FROM accounts.freeze") == [(0,)]


@pytest.mark.parametrize(
    "query",
    [
        "status=held",
        "status=nothing&currency=XXX&least=many&from=never&sort=sideways&page=-1",
        "currency=EUR&least=100&most=2000000&from=2020-01-01&to=2099-12-31&sort=largest",
        "number=999999999999999999999999",
        "number=" + "9" * 5_000,
        "number=\u00b2&page=\u00b2&least=\u0663",
        "page=200",
    ],
)
def test_a_search_is_answered_whatever_it_asks(site: Site, query: str) -> None:
    with site.signed_in() as client:
        assert client.get(f"/transfers?{query}").status_code == 200


NO_NUMBERS = (str(2**63), "9" * 5_000, "\u00b2", "-1")


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_what_is_no_number_is_no_page_and_no_fault(site: Site, number: str) -> None:
    before = site.asked("SELECT max(number) FROM gate.command")
    with site.signed_in() as client:
        for path in ("/transfers/{}", "/transfers/{}/proof", "/alerts/{}", "/accounts/{}"):
            answer = client.get(path.format(number))
            assert (answer.status_code, "http.404" in answer.text) == (404, True), path
        for path in ("/log?before={}", "/accounts?after={}", "/files?page={}"):
            assert client.get(path.format(number)).status_code == 200, path
        action = f"/transfers/{site.held}/act"
        fields = fields_of(client.get(f"/transfers/{site.held}").text, action)
        sent = fields | {"act": "release", "reason": "looked at", "hold": number}
        assert client.post(action, data=sent).status_code in {404, 409}
        for path in ("/transfers/{}/act", "/transfers/{}/reveal", "/accounts/{}/freeze"):
            assert client.post(path.format(number), data=sent).status_code == 404, path
    assert site.asked("SELECT count(*) FROM transfers.hold WHERE number = %s", site.held) == [(1,)]
    refused = site.asked("SELECT count(*) FROM gate.command WHERE number > %s", *before[0])
    assert refused[0][0] <= 1


def test_a_long_address_is_not_repeated(site: Site) -> None:
    with site.signed_in() as client:
        plain = client.get("/transfers")
        long = client.get("/transfers", params={"number": "9" * 40_000})
        assert len(long.text) < len(plain.text) + 5_000
        fields = fields_of(long.text, "/views/keep")
        kept = client.post(
            "/views/keep", data=fields | {"name": "long", "query": "number=" + "9" * 40_000}
        )
        assert len(kept.headers["location"]) < 200


def test_a_search_finds_what_it_asks_for(site: Site) -> None:
    with site.signed_in() as client:
        held = client.get("/transfers?status=held").text
        assert f'href="/transfers/{site.held}"' in held
        by_amount = client.get("/transfers?least=1000000&most=1300000&currency=EUR").text
        assert f'href="/transfers/{site.held}"' in by_amount
        none = client.get("/transfers?least=999999999").text
        assert "No transfer is like this." in none
        largest = client.get("/transfers?sort=largest").text
        shown = [int(text) for text in re.findall(r'href="/transfers/(\d+)"', largest)]
        amounts = dict(site.asked("SELECT number, amount FROM transfers.transfer"))
        assert [amounts[n] for n in shown] == sorted((amounts[n] for n in shown), reverse=True)


HELD = {
    "en": ("Neither account is frozen", "Policy {}, {} reasons", "Held", "Alert", "Not taken yet"),
    "zh": ("雙方帳戶均未凍結", "策略 {}，{} 項理由", "暫緩", "預警", "尚未裁決"),
}  # fmt: skip


@pytest.mark.parametrize("language", HELD)
def test_a_held_transfer_shows_each_control_it_passed_and_why(site: Site, language: str) -> None:
    ((policy, reasons, alert, typologies),) = site.asked(
        "SELECT t.policy, t.reasons, a.number, a.typologies FROM transfers.transfer AS t"
        " JOIN alerts.alert AS a ON a.transfer = t.number WHERE t.number = %s",
        site.held,
    )
    place = {"en": "english", "zh": "chinese"}[language]
    parts: tuple[Rule | Typology, ...] = (*DEFAULT_POLICY.rules, *DEFAULT_POLICY.typologies)
    words = {part.code: str(getattr(part, place)) for part in parts}
    codes = reasons.split(",")
    patterns = [words[one.partition("=")[0]] for one in typologies.split(",")]
    with site.signed_in() as client:
        client.cookies.set("language", language)
        page = unescape(client.get(f"/transfers/{site.held}").text)
    why = page.partition('id="why"')[2].partition("</section>")[0]
    assert re.findall(r"<b>(.*?)</b>", why) == [words[code] for code in codes]
    lanes = page.partition('id="tl"')[2].partition("</section>")[0].split('<div class="lane">')[1:]
    _, monitoring, disposal = (re.findall(r'<b>.*?</b>.*? title="(.*?)"', one) for one in lanes)
    free, rules, verdict, raised, waiting = HELD[language]
    told = ("; " if language == "en" else "；").join(patterns)
    assert len(codes) > 1
    assert monitoring[::2] == [free, rules.format(policy, len(codes)), verdict]
    assert f"<b>{raised} {alert}</b>" in lanes[1]
    assert (monitoring[-1], disposal[-1]) == (told, waiting)


USUAL = {
    "en": ("Amount of this order", "Orders of this debtor in the last 30 days",
           "Sum of the orders of this debtor in the last 24 hours",
           "Greatest order of this debtor in the last 30 days",
           "Amount against the usual of this debtor"),
    "zh": ("本筆金額", "過去 30 天此付款帳戶的指令數", "過去 24 小時此付款帳戶的金額總和",
           "過去 30 天此付款帳戶的最大金額", "本筆金額與此付款人平常金額之比"),
}  # fmt: skip


@pytest.mark.parametrize("language", USUAL)
def test_a_held_transfer_is_set_against_the_usual_of_its_debtor(site: Site, language: str) -> None:
    amount, count, total, most, median = site.asked(
        "SELECT t.amount, count(*), sum(b.amount), max(b.amount),"
        " percentile_disc(0.5) WITHIN GROUP (ORDER BY b.amount) FROM transfers.transfer AS t"
        " JOIN transfers.transfer AS b ON b.debtor = t.debtor AND b.number < t.number"
        " WHERE t.number = %s GROUP BY t.amount",
        site.held,
    )[0]
    with site.signed_in() as client:
        client.cookies.set("language", language)
        page = client.get(f"/transfers/{site.held}").text
    cells = r'lab-cell" title="([^"]*)">.*?<span class="r( mid)? num">(.*?)</span>'
    known = {label: (value, bool(out)) for label, out, value in re.findall(cells, page)}
    asked_for = [f"EUR {amount / 100:,.2f}", f"{count}", f"EUR {total / 100:,.2f}",
                 f"EUR {most / 100:,.2f}", f"{amount / median:,.1f}×"]  # fmt: skip
    is_outside = [False, False, False, False, True]
    assert [known[label] for label in USUAL[language]] == list(
        zip(asked_for, is_outside, strict=True)
    )


def test_a_transfer_is_found_by_its_words_in_either_language(site: Site) -> None:
    ((digest,),) = site.asked("SELECT digest FROM transfers.transfer WHERE number = %s", site.held)
    words = six_words(digest)
    with site.signed_in() as client:
        for text in (" ".join(w.english for w in words), "".join(w.chinese for w in words[:4])):
            found = client.get("/transfers", params={"number": text}).text
            assert re.findall(r'href="/transfers/(\d+)"', found) == [str(site.held)]
        for text in ("abacus nonsense", "no words at all"):
            none = client.get("/transfers", params={"number": text}).text
            assert "No transfer is like this." in none


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_palette_finds_by_number_words_amount_and_whole_account_number(
    site: Site, language: str
) -> None:
    (digest, account) = site.asked(
        "SELECT t.digest, a.number FROM transfers.transfer AS t JOIN accounts.account AS a"
        " ON a.number = t.debtor WHERE t.number = %s",
        site.held,
    )[0]
    words = "".join(word.chinese for word in six_words(digest))
    whole = house(0)
    with site.signed_in() as client:
        client.cookies.set("language", language)
        token = fields_of(client.get("/").text, "/sign-out")["form_token"]

        def found(text: str) -> list[str]:
            answer = client.post("/find", data={"form_token": token, "text": text})
            assert answer.status_code == 200
            assert "Meadow" not in answer.text
            assert whole.rpartition(":")[2] not in answer.text
            return re.findall(r'role="option" data-href="([^"]+)"', answer.text)

        assert found(str(site.held)) == [f"/transfers/{site.held}"]
        assert found(words) == [f"/transfers/{site.held}"]
        # As it is written for good, and as a person writes it.
        for text in (whole, whole.removeprefix("OTHR:")):
            assert found(text) == [f"/accounts/{account}"], text
        assert found("eur >5m") == ["/transfers?currency=EUR&amp;least=5000000&amp;sort=largest"]
        # What is sealed is not searched: neither names nor what a mask shows of an account.
        for text in ("Meadow Precision Tools", "mpt", whole[-4:], "DE00", "OTHR:CUST:1", ""):
            assert found(text) == []


def test_a_view_is_kept_under_a_name_by_this_browser_alone(site: Site) -> None:
    asked = "currency=EUR&least=1000000"
    with site.signed_in() as client, site.signed_in() as another:
        page = client.get(f"/transfers?{asked}&nonsense=1&page=2").text
        token = fields_of(page, "/views/keep")["form_token"]
        sent = {"form_token": token, "name": "<b>Large</b>", "query": f"{asked}&x=y"}
        kept = client.post("/views/keep", data=sent)
        assert kept.headers["location"] == f"/transfers?{asked}"
        page = client.get("/transfers").text
        assert f'href="/transfers?{asked.replace("&", "&amp;")}"' in page
        assert "&lt;b&gt;Large" in page
        assert "Large" not in another.get("/transfers").text.replace("Large today", "")
        there = client.get(f"/transfers?{asked}").text
        assert "/views/forget" in there
        for number in range(VIEWS_MAX + 2):
            more = {"form_token": token, "name": f"view {number}", "query": f"least={number}"}
            client.post("/views/keep", data=more)
        client.post("/views/forget", data={"form_token": token, "name": "view 3"})
        names = re.findall(r">(view \d)</a>", client.get("/transfers").text)
        assert names == ["view 2", "view 4", "view 5", "view 6", "view 7"]
        for broken in ("%", "a=b&" * 20, "=x", "view=status%3Dheld%26page%3D7"):
            client.cookies.set("views", broken)
            assert client.get("/transfers").status_code == 200


# Names of the scene's and of this installation's, and what a document itself is written in.
NAMES = {"bench", "linjiang", "console", "pain"}


def test_a_chinese_page_is_chinese(site: Site) -> None:
    """Every page, with the whole log verified, a file of which a payment was refused, an alert."""
    site.scene.bring("PAYROLL-ZH-4711", ["1200.50", "1300000.00"], wrong=1)
    site.scene.bring("4" * 36, ["1.00"])
    ((alert,),) = site.asked("SELECT max(number) FROM alerts.alert")
    with site.signed_in() as client:
        client.cookies.set("language", "zh")
        (file, *_) = re.findall(r'href="(/files/[0-9a-f]{32})"', client.get("/files").text)[1:]
        paths = [*PAGES, f"/transfers/{site.held}", f"/alerts/{alert}", "/accounts/5", file]
        paths += ["/transfers/1", "/nowhere", "/accounts/99", "/transfers?number=99999", "/sign-in"]
        found = {}
        for path in paths:
            words = {
                word for text in read_out(client.get(path).text) for word in foreign_words(text)
            }
            found[path] = sorted(words - NAMES)
        assert {path: words for path, words in found.items() if words} == {}


def test_what_moved_on_each_day_is_what_the_ledger_says(site: Site) -> None:
    ((number, currency),) = site.asked(
        "SELECT number, currency FROM accounts.account WHERE kind = 1 ORDER BY number LIMIT 1"
    )
    ((balance,),) = site.asked("SELECT balance FROM ledger.balance WHERE number = %s", number)
    ((first_in,),) = site.asked(
        "SELECT sum(amount) FROM ledger.posting WHERE credit_account = %s AND kind <> 1", number
    )
    today = SystemClock().now_ms() // 86_400_000
    with psycopg.connect(site.bed.database.dsn(Role.APP)) as connection:
        moved = moved_by_day(connection, account=number, last_day=today, days=3)
        assert [one.balance for one in moved] == [0, 0, balance]
        assert (moved[-1].outflow, moved[-1].inflow) == (first_in - balance, first_in)
    with site.signed_in() as client:
        page = client.get(f"/accounts/{number}").text
        table = page.partition('class="tbl daily"')[2].partition("</table>")[0]
        assert table.count("<tr>") == 15
        shown = re.sub(r"<[^>]*>", "", table)
        assert f"{currency}{balance / 100:,.2f}" in shown


def test_nothing_restricted_stands_on_any_page(site: Site) -> None:
    """Names and account numbers are masked on pages, in files and in the console's log."""
    names = (
        "Meadow",
        "Harbour Textile",
        "Falcon Metals",
        house(0).rpartition(":")[2],
        elsewhere(0).rpartition(":")[2],
    )
    with site.signed_in() as client:
        paths = [*PAGES, f"/transfers/{site.held}", "/accounts/4", "/accounts/5"]
        for path in paths:
            text = client.get(path).text
            assert [name for name in names if name in text] == [], path
    log = (site.bed.folder / "console.log").read_text()
    assert [name for name in names if name in log] == []


def look(client: httpx.Client, number: int) -> httpx.Response:
    action = f"/transfers/{number}/reveal"
    fields = fields_of(client.get(f"/transfers/{number}").text, action)
    answer = client.post(action, data=fields | {"reason": "the debtor is on the phone"})
    assert answer.headers["location"] == f"/transfers/{number}#parties"
    return client.get(f"/transfers/{number}")


def test_parties_are_shown_to_who_said_why_and_to_nobody_else(site: Site) -> None:
    clear = ("Meadow Precision Tools", house(0).rpartition(":")[2], "Falcon Metals")
    path = f"/transfers/{site.held}"
    with site.signed_in() as client, site.signed_in() as another:
        shown = look(client, site.held)
        assert [text for text in clear if text not in shown.text] == []
        assert shown.headers["cache-control"] == "no-store"
        for masked in (another.get(path), client.get("/transfers"), client.get("/log")):
            assert [text for text in clear if text in masked.text] == []
        assert f'href="{path}"' in client.get("/log").text
    ((number, credential, transfer, outcome),) = site.asked(
        "SELECT number, credential, transfer, outcome FROM gate.command WHERE kind = 70"
    )
    assert (credential, transfer, outcome) == (4, 0, "ok")
    assert f"{number:,}" in shown.text


def test_a_look_is_nobody_elses_who_knows_its_form_and_its_reason(site: Site) -> None:
    action, path = f"/transfers/{site.held}/reveal", f"/transfers/{site.held}"
    looks = "SELECT count(*) FROM gate.command WHERE kind = 70"
    ((before,),) = site.asked(looks)
    with site.signed_in() as client, site.signed_in() as another:
        fields = fields_of(client.get(path).text, action) | {"reason": "a look"}
        for _ in range(2):
            assert client.post(action, data=fields).status_code == 303
        assert site.asked(looks) == [(before + 1,)]
        own = fields_of(another.get(path).text, action)["form_token"]
        assert another.post(action, data=fields | {"form_token": own}).status_code == 303
    assert site.asked(looks) == [(before + 2,)], "a look of its own in the log"


def test_a_file_is_listed_with_what_it_came_to_and_each_of_its_payments(site: Site) -> None:
    brought = site.scene.bring("PAYROLL-NOV-4711", ["1200.50", "1300000.00", "80.00"], wrong=1)
    assert (brought.group_status, brought.totals) == ("PART", {"EUR": "1301280.50"})
    site.scene.bring("PAYROLL-NOV-4711", ["1200.50", "1300000.00", "80.00"], wrong=1)
    refused = site.scene.bring("X" * 36, ["1.00"])
    ((size,),) = site.asked("SELECT count(*) FROM transfers.transfer")
    with site.signed_in() as client:
        listed = client.get("/files").text
        again, first = re.findall(r'href="(/files/[0-9a-f]{32})"', listed)[1:3]
        assert "PAYROLL-NOV-4711" not in listed
        assert "payroll-nov" not in listed
        for text in ("Partly accepted", "4711", "pain.001.001.09", "1,301,280", "Rejected"):
            assert text in listed
        pages = [client.get(path).text for path in (first, again)]
        numbers = [re.findall(r'href="/transfers/(\d+)"', page) for page in pages]
        assert numbers[0] == numbers[1], "the same file again orders nothing"
        assert len(numbers[0]) == 3
        assert "account.malformed_iban" not in pages[0]
        assert "mistyped" in pages[0]
        assert refused.refusal
        assert client.get(re.findall(r'href="(/files/[0-9a-f]{32})"', listed)[0]).status_code == 200
        for wrong in ("00" * 16, "00", "x", "é"):
            answer = client.get(f"/files/{wrong}")
            assert answer.status_code == 404
            assert "console.no_such_file" in answer.text
    rows = site.asked(
        "SELECT status FROM transfers.transfer WHERE number = ANY (%s) ORDER BY amount",
        [int(number) for number in numbers[0]],
    )
    assert rows == [(8,), (8,), (7,)]
    assert site.asked("SELECT count(*) FROM transfers.transfer") == [(size,)]


def test_no_look_is_logged_without_a_reason_or_at_what_is_no_transfer(site: Site) -> None:
    before = site.asked("SELECT max(number) FROM gate.command")
    with site.signed_in() as client:
        action = f"/transfers/{site.held}/reveal"
        fields = fields_of(client.get(f"/transfers/{site.held}").text, action)
        assert client.post(action, data=fields | {"reason": " "}).status_code == 400
        nowhere = client.post("/transfers/9999999/reveal", data=fields | {"reason": "why"})
        assert nowhere.status_code == 404
    assert site.asked("SELECT max(number) FROM gate.command") == before


def test_who_was_erased_is_gone_from_every_page_a_second_later(site: Site) -> None:
    """Also where the page was seen before, so that its key was at hand."""
    (answer,) = site.scene.placed_by(9, 1)
    path = f"/transfers/{answer.number}"
    bed = site.bed
    with (
        site.signed_in() as client,
        SubjectKeys(
            lambda: psycopg.connect(bed.database.dsn(Role.APP)),
            bed.installation.keyset(),
            bed.installation.instance,
        ) as keys,
    ):
        assert "C<span" in client.get(path).text  # Its first letter, and dots.
        keys.destroy(Intake(keys).index_of(house(9)))
        is_gone = any("erased" in client.get(path).text for _ in range(300))
        assert is_gone
        assert client.get("/accounts").status_code == 200


def test_a_proof_is_given_out(site: Site) -> None:
    with site.signed_in() as client:
        answer = site.proof(client)
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        assert answer.json()["events"]
        assert client.get("/transfers/1/proof").status_code == 404


def test_a_head_that_is_too_large_or_never_ends_is_cut_off(site: Site) -> None:
    host, port = site.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as end:
        end.sendall(b"GET / HTTP/1.1\r\nx: " + b"a" * (HEAD_BYTES_MAX * 2))
        try:
            answered = end.recv(100)
        except ConnectionResetError:
            answered = b""
        assert answered in {b"", answered[:0]} or b"400" in answered


def test_a_port_that_is_taken_is_refused_by_name(site: Site) -> None:
    port = int(site.address.rpartition(":")[2])
    second = console_of(site.bed.installation, site.bed.database, port=port)
    with pytest.raises(ConsoleDidNotStart) as not_started:
        second.start()
    assert not_started.value.code == "console.did_not_start"
    assert str(port) in not_started.value.sentence()


def test_it_says_where_it_answers(site: Site) -> None:
    assert noted_address(site.bed.folder) == site.address


def test_the_log_page_names_a_row_that_was_changed(site: Site) -> None:
    """In red while it stands so, and well once it is put back."""
    change = "UPDATE transfers.transfer SET amount = amount + %s WHERE number = %s"
    with site.signed_in() as client:
        site.tamper(change, 1, site.held)
        try:
            found = {language: verified(client, language) for language in ("en", "zh")}
        finally:
            site.tamper(change, -1, site.held)
        clean = {language: verified(client, language) for language in ("en", "zh")}
    for language, count, fault, well in (
        ("en", "1 fault", "The rows of a batch are not", "Nothing is wrong"),
        ("zh", "1 項不符", "批次的資料列與所簽署者不符", "一切相符"),
    ):
        in_red = re.search(r'<p class="st block" role="status">.*?</svg>(.*?)</p>', found[language])
        assert in_red
        assert in_red[1] == count
        (listed,) = re.findall(r"<li>(.*?)</li>", found[language])
        assert listed.startswith(fault)
        assert f"{site.held}" in listed
        assert "audit.root_differs" in listed
        assert well in clean[language]
        assert "st release" in clean[language]
        assert "<li>" not in clean[language]
