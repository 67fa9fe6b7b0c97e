"""Attacks measured: attackers know the limits, a seed gives one result, figures add up."""

import json
from datetime import date
from typing import Any

import pytest

from countersign.entrypoints.bench.attacks import weeks
from countersign.entrypoints.bench.attacks.tally import AttackFigures, Tally, is_missed
from countersign.entrypoints.bench.attacks.weeks import Findings
from countersign.entrypoints.bench.figures import Figure
from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.terminal import DONE, REFUSED
from countersign.entrypoints.simulate.limits import limits_of
from countersign.gate.facts import FACTS, VOCABULARY
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.judge import Facts, Judge
from countersign.simulator.attacks.scene import Aim
from countersign.simulator.model import PlannedTransfer
from countersign.simulator.places import DAY_MS
from countersign.simulator.story import ATTACKS, Plot

pytestmark = pytest.mark.fast

SMALL = Plot(
    first=date(2027, 2, 1),
    days=26,
    companies=16,
    persons=40,
    attacks=2,
    attacks_from_day=12,
    attacks_to_day=16,
)
LIMITS = limits_of(DEFAULT_POLICY)
LARGE = LIMITS.large["EUR"]
JUDGE = Judge(DEFAULT_POLICY, VOCABULARY)


def live(seed: int) -> Findings:
    return weeks.run(seed=seed, progress=lambda _: None, plot=SMALL)


def value(found: Findings, name: str) -> float:
    return next(figure.value for figure in found.figures if figure.name == name)


@pytest.fixture(scope="module")
def lived() -> Findings:
    return live(5)


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(lived: Findings) -> None:
    assert live(5) == lived
    assert live(6).figures != lived.figures


def test_figures_are_plausible(lived: Findings) -> None:
    assert [attack.name for attack in lived.attacks] == sorted(ATTACKS)
    assert value(lived, "normal_transfers") > 200
    assert value(lived, "normal_rejected") == 0
    assert 0 <= value(lived, "alerts_per_1000") <= 100
    assert 0 < value(lived, "value_stopped_share") < 1
    assert value(lived, "attack_value_lost") < value(lived, "attack_value")
    assert value(lived, "attack_value") == sum(attack.value for attack in lived.attacks)
    assert sum(attack.attempts for attack in lived.attacks) == value(lived, "attacks")
    for attack in lived.attacks:
        assert 0 <= attack.stopped_attempts <= attack.attempts
        assert bool(attack.first_by) == bool(attack.stopped_attempts)
        assert 0 <= attack.stopped_share <= 1
    assert sum(lived.troubled_by.values()) / value(lived, "normal_transfers") == pytest.approx(
        value(lived, "holds_per_1000") / 1000, abs=1e-4
    )


def holds(**changed: int | None) -> tuple[str, ...]:
    """What the policy holds an order for; unless said, debtor and creditor know each other well."""
    usual: dict[str, int | None] = {
        name: None if FACTS[name].name.is_nullable else 0 for name in JUDGE.names
    }
    usual |= {
        "available": 100 * LARGE, "debtor_idle_ms": 1, "pair_idle_ms": 1, "debtor_count_30d": 40,
        "pair_count_30d": 10, "debtor_median_ratio_30d": 1_000_000, "pair_sum_24h": 0,
        "pair_sum_7d": 0, "debtor_sum_1h": 0, "debtor_sum_24h": 0, "debtor_sum_7d": 0,
        "inflow_sum_24h": 0, "inflow_sum_7d": 0, "debtor_median_30d": LARGE, "pair_max_24h": 0,
        "debtor_max_24h": 0, "debtor_max_30d": LARGE, "pair_max_30d": LARGE, "fresh_sum_24h": 0,
        "pair_median_ratio_30d": 1_000_000, "fresh_sum_30d": 0, "debtor_sum_30d": LARGE,
    }  # fmt: skip
    usual |= changed
    return JUDGE.judge(Facts(JUDGE.names, tuple(usual[n] for n in JUDGE.names)), "EUR").holding


def test_attackers_know_the_published_limits() -> None:
    """Right below each limit that they are told nothing is held, at it the policy holds."""
    first = -(-LARGE // LIMITS.new_payee_parts)
    assert not holds(amount=first - 1, pair_idle_ms=None, pair_count_30d=0, pair_max_30d=None)
    assert holds(amount=first, pair_idle_ms=None, pair_count_30d=0, pair_max_30d=None)
    near = LARGE * LIMITS.just_below_percent // 100
    assert not holds(amount=near - 1, debtor_max_24h=near)
    assert holds(amount=near, debtor_max_24h=near)
    unusual = {"debtor_median_ratio_30d": LIMITS.usual_times * 1_000_000}
    drained = LARGE // 2 * 100 // LIMITS.drained_percent
    assert not holds(amount=LARGE // 2, available=drained + 2, **unusual)
    assert holds(amount=LARGE // 2, available=drained, **unusual)


def test_attackers_know_what_all_creditors_of_this_month_may_get_in_a_day() -> None:
    floor = LARGE // LIMITS.fresh_floor_parts
    day = LARGE // LIMITS.fresh_parts
    fresh: dict[str, Any] = {
        "debtor_age_ms": 99 * DAY_MS,
        "pair_age_ms": DAY_MS,
        "fresh_count_24h": 1,
        "fresh_sum_24h": day - floor,
        "amount": floor,
        "debtor_median_30d": day // LIMITS.fresh_times,
    }
    assert holds(**fresh)
    assert not holds(**fresh | {"fresh_sum_24h": day - floor - 1})
    assert not holds(**fresh | {"fresh_sum_24h": day - floor + 1, "amount": floor - 1})
    assert not holds(**fresh | {"debtor_median_30d": day // LIMITS.fresh_times + 1})


def test_attackers_know_how_thin_it_may_be_spread() -> None:
    floor = LARGE // LIMITS.scattered_floor_parts
    day = LARGE // LIMITS.scattered_parts
    thin: dict[str, Any] = {
        "debtor_age_ms": 99 * DAY_MS,
        "pair_age_ms": LIMITS.fresh_days * DAY_MS,
        "fresh_creditors_24h": LIMITS.scattered_count,
        "fresh_sum_24h": day - floor,
        "amount": floor,
        "debtor_median_30d": day // LIMITS.scattered_times,
        "debtor_sum_30d": 9 * LARGE,
    }
    assert holds(**thin)
    assert not holds(**thin | {"fresh_sum_24h": day - floor - 1})
    assert not holds(**thin | {"fresh_sum_24h": day - floor + 1, "amount": floor - 1})
    assert not holds(**thin | {"fresh_creditors_24h": LIMITS.scattered_count - 1})
    assert not holds(**thin | {"debtor_median_30d": day // LIMITS.scattered_times + 1})
    assert not holds(**thin | {"pair_age_ms": LIMITS.fresh_days * DAY_MS + 1})


def test_attackers_know_how_much_of_a_month_may_go_to_new_creditors() -> None:
    month, floor = LARGE // LIMITS.only_new_parts, LARGE // LIMITS.only_new_floor_parts
    new: dict[str, Any] = {
        "debtor_age_ms": 99 * DAY_MS, "pair_age_ms": DAY_MS, "fresh_max_30d": 1,
        "fresh_sum_30d": month - floor,
        "amount": floor, "debtor_sum_30d": month * 100 // LIMITS.only_new_percent - floor,
    }  # fmt: skip
    assert holds(**new)
    assert not holds(**new | {"fresh_sum_30d": month - floor - 1})
    assert not holds(**new | {"debtor_sum_30d": new["debtor_sum_30d"] + 2})
    assert not holds(**new | {"amount": floor - 1, "fresh_sum_30d": month})


def test_attackers_know_what_a_creditor_of_this_week_may_get() -> None:
    young: dict[str, Any] = {"pair_count_7d": 1, "pair_count_30d": 1, "amount": LARGE // 10}
    half = LARGE // LIMITS.young_sum_parts - LARGE // 10
    assert holds(pair_sum_7d=half, **young)
    assert not holds(pair_sum_7d=half - 1, **young)
    assert not holds(pair_sum_7d=half + 1, **young | {"amount": LARGE // 10 - 1})
    unusual = {"debtor_median_30d": LARGE // LIMITS.young_parts // LIMITS.usual_times}
    few: dict[str, Any] = {"pair_count_7d": 2, "pair_count_30d": 2, "amount": 1, **unusual}
    few |= {"pair_max_7d": LARGE - 1}
    assert holds(pair_sum_7d=LARGE // LIMITS.young_parts - 1, **few)
    assert not holds(pair_sum_7d=LARGE // LIMITS.young_parts - 2, **few)
    assert not holds(pair_sum_7d=LARGE // LIMITS.young_parts - 1, **few | {"pair_count_30d": 3})
    assert not holds(pair_sum_7d=LARGE // LIMITS.young_parts - 1, **few | {"pair_max_7d": LARGE})


def test_attackers_know_how_quickly_an_account_may_be_emptied() -> None:
    most: dict[str, Any] = {
        "amount": LARGE // 10, "pair_count_30d": 0, "pair_max_30d": None,
        "debtor_median_ratio_30d": 3_000_000,
    }  # fmt: skip
    assert holds(available=LARGE // 10 * LIMITS.day_parts, **most)
    assert not holds(available=LARGE // 10 * LIMITS.day_parts + 1, **most)
    below = most | {"amount": LARGE // 10 - 1}
    assert not holds(available=(LARGE // 10 - 1) * LIMITS.day_parts, **below)


def test_attackers_know_how_long_inflows_are_watched() -> None:
    passed: dict[str, Any] = {
        "amount": LARGE // 50, "pair_count_30d": 0, "pair_max_30d": None,
        "debtor_median_ratio_30d": 9_000_000,
    }  # fmt: skip
    assert LIMITS.inflow_days == 7
    assert holds(inflow_sum_7d=LARGE // 50, **passed)
    assert not holds(inflow_sum_7d=0, **passed)


def test_attackers_know_what_counts_as_usual() -> None:
    floor, unusual = LARGE // LIMITS.floor_parts, LIMITS.usual_times * 1_000_000
    seldom = {"pair_count_30d": LIMITS.seldom, "pair_median_ratio_30d": None}
    held: dict[str, Any] = {
        "amount": floor, "debtor_median_ratio_30d": unusual, "pair_max_30d": floor // 3, **seldom,
    }  # fmt: skip
    assert holds(**held)
    assert not holds(**held | {"amount": floor - 1})
    assert not holds(**held | {"debtor_median_ratio_30d": unusual - 1})
    assert not holds(**held | {"pair_count_30d": LIMITS.seldom + 1})
    assert not holds(**held | {"pair_max_30d": floor // LIMITS.growth_times + 1})
    leap = {"pair_median_ratio_30d": LIMITS.pair_times * 1_000_000}
    assert holds(amount=floor, debtor_median_ratio_30d=unusual, **leap)
    below = {"pair_median_ratio_30d": LIMITS.pair_times * 1_000_000 - 1}
    assert not holds(amount=floor, debtor_median_ratio_30d=unusual, **below)


def an_order(attack_id: str, euros: int, *, gains: bool = True) -> PlannedTransfer:
    return PlannedTransfer(
        at_ms=10,
        orderer=1,
        amount=euros * 100,
        body={"currency": "EUR"},
        attack="insider" if attack_id else "",
        attack_id=attack_id,
        takes_value=gains,
    )


def an_aim(attack_id: str, euros: int) -> Aim:
    aim = Aim("insider", attack_id, is_bold=True)
    aim.goal, aim.currency = euros * 100, "EUR"
    return aim


def told(tally: Tally, *aims: Aim) -> AttackFigures:
    return tally.attacks({aim.id: aim for aim in aims})[0]


def test_what_was_lost_before_a_stop_is_lost_and_the_rest_is_kept() -> None:
    tally = Tally(from_ms=0)
    tally.ordered(an_order("a", 100), 1, "released", "")
    tally.ordered(an_order("a", 300), 2, "held", "rules.amount,rules.new_creditor")
    found = told(tally, an_aim("a", 1_000))
    assert (found.value, found.lost, found.stopped_share) == (1_000, 100, 0.9)
    assert (found.held_share, found.first_by) == (0.75, "amount+new_creditor 1")


def test_who_gave_up_or_made_a_mistake_was_not_stopped() -> None:
    tally = Tally(from_ms=0)
    tally.ordered(an_order("a", 100), 1, "released", "")
    tally.ordered(an_order("a", 300), 2, "rejected", "ledger.insufficient_funds")
    found = told(tally, an_aim("a", 1_000), an_aim("b", 500))
    assert (found.attempts, found.stopped_attempts) == (2, 0)
    assert (found.value, found.lost, found.stopped_share) == (1_500, 100, 0)


def test_what_is_held_when_it_should_leave_has_not_left() -> None:
    tally = Tally(from_ms=0)
    tally.ordered(an_order("a", 400), 1, "released", "")
    tally.held_at_dispatch(an_order("a", 400), "rules.frozen_side")
    found = told(tally, an_aim("a", 400))
    assert (found.lost, found.stopped_share, found.first_by) == (0, 1.0, "frozen_side 1")


def test_a_step_on_the_way_is_no_gain() -> None:
    tally = Tally(from_ms=0)
    tally.ordered(an_order("a", 400, gains=False), 1, "settled", "")
    assert told(tally, an_aim("a", 400)).lost == 0


def test_normal_transfers_count_once_the_windows_are_full() -> None:
    tally = Tally(from_ms=10)
    tally.ordered(an_order("", 5), 7, "held", "rules.amount")
    early = Tally(from_ms=11)
    early.ordered(an_order("", 5), 7, "held", "rules.amount")
    assert (tally.normal, tally.normal_held, tally.counted) == (1, 1, {7})
    assert (early.normal, early.normal_held) == (0, 0)


@pytest.mark.parametrize(
    ("name", "at", "missed"),
    [
        ("value_stopped_share", 0.5, False),
        ("value_stopped_share", 0.4999, True),
        ("alerts_per_1000", 5, False),
        ("alerts_per_1000", 5.01, True),
        ("holds_per_1000", 99, False),
    ],
)
def test_a_missed_target_is_told(name: str, at: float, *, missed: bool) -> None:
    assert is_missed(Figure(name, at, "x")) == missed


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_the_command_prints_figures_and_attacks(
    share: float,
    lived: Findings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = [Figure("value_stopped_share", share, "share", 0.5)]
    monkeypatch.setattr(weeks, "run", lambda **_: lived._replace(figures=figures))
    assert main(["bench", "attacks", "--seed", "5", "--json"]) == (DONE if share > 0.5 else REFUSED)
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"machine", "seed", "figures", "attacks", "troubled_by"}
    assert {attack["name"] for attack in told["attacks"]} == set(ATTACKS)
    assert main(["bench", "attacks", "--seed", "5"]) == (DONE if share > 0.5 else REFUSED)
    shown = capsys.readouterr().out
    assert all(name in shown for name in ATTACKS)
