"""A transfer's story: each step has its moment, and its day where that is another one."""

import msgspec
import pytest

from countersign.entrypoints.console.timeline import lanes_of
from countersign.flows.tell_reasons import Sentences
from countersign.flows.tell_transfer import EventTold, TransferTold
from countersign.kernel.refusal import Language

pytestmark = pytest.mark.fast


def told(*events: tuple[str, str, str]) -> TransferTold:
    return TransferTold(
        number=7, status="settled", amount="10.00", currency="EUR", ordered="2026-11-27T23:59:58Z",
        execution_date="2026-11-28", action="hold", reasons=["rules.amount"], policy=1,
        factor="attested", credential=100, digest="00" * 32, debtor=None, creditor=None, hold=None,
        rail=None, returned=None,
        events=[
            EventTold(number=n, time=time, event=event, outcome=outcome, reason="", by="console")
            for n, (time, event, outcome) in enumerate(events)
        ],
    )  # fmt: skip


STORY = told(
    ("2026-11-27T23:59:58.100Z", "order", "held"),
    ("2026-11-27T23:59:59.000Z", "hold", "held"),
    ("2026-11-28T08:00:00.250Z", "release", "released"),
    ("2026-11-28T08:00:01.000Z", "dispatch", "dispatched"),
    ("2026-12-01T09:00:00.000Z", "rail_status", "settled"),
)


@pytest.mark.parametrize(
    ("language", "days"),
    [
        ("en", ["27 Nov", *[""] * 9, "28 Nov", "", "01 Dec"]),
        ("zh", ["11 月 27 日", *[""] * 9, "11 月 28 日", "", "12 月 1 日"]),
    ],
)
def test_the_day_stands_at_the_first_step_and_where_it_changes(
    language: Language, days: list[str]
) -> None:
    lanes = lanes_of(STORY, [], Sentences(None, language), language)
    steps = [step for lane in lanes for step in lane.steps]
    assert [step.day for step in steps] == days
    assert (steps[10].clock, steps[10].in_utc) == ("08:00:00.250", "2026-11-28 08:00:00.250 UTC")


def test_what_is_still_to_come_has_no_day() -> None:
    waiting = told(("2026-11-27T23:59:58.100Z", "order", "released"))
    waiting = TransferTold(**{f: getattr(waiting, f) for f in waiting.__struct_fields__}
                           | {"status": "released"})  # fmt: skip
    lanes = lanes_of(waiting, [], Sentences(None, "en"), "en")
    assert [(step.time, step.day) for step in lanes[-1].steps] == [("", "")]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("access.credential_revoked", "Credential"),
        ("rules.frozen_side", "Freezes"),
        ("accounts.creditor_changed", "Creditor's account"),
        ("ledger.insufficient_funds", "Funds"),
    ],
)
def test_a_control_that_stopped_an_order_says_so_in_its_layer(code: str, what: str) -> None:
    stopped = msgspec.structs.replace(STORY, action="block", reasons=[code], status="rejected")
    steps = [
        step for lane in lanes_of(stopped, [], Sentences(None, "en"), "en") for step in lane.steps
    ]
    assert [(step.what, step.mark) for step in steps if step.mark == "block"] == [
        (what, "block"),
        ("Verdict", "block"),
    ]
    passed = {step.what for step in steps if step.mark == "release"}
    assert {"Order received", "Form", "Rules"} <= passed
    # Money is asked for last: of what was stopped before, nobody asked.
    assert ("Funds" in {step.what for step in steps}) == (what == "Funds")


def test_an_order_that_every_control_let_pass_shows_each_of_them() -> None:
    prevention, monitoring, _ = lanes_of(STORY, [], Sentences(None, "en"), "en")
    assert [step.what for step in prevention.steps] == [
        *("Order received", "Form", "Factor", "Credential"),
    ]
    assert [step.what for step in monitoring.steps] == [
        *("Freezes", "Creditor's account", "Rules", "Funds", "Verdict"),
    ]
