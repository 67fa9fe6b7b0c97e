"""A policy by the command line: shown, checked, set, and what it raises followed to its end."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.pain001 import Payment
from tests.support.postgres import reachable_folder
from tests.support.shell import Shell, a_file, a_paying_house

from countersign.rules.default import DEFAULT_POLICY


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


@pytest.fixture(scope="module")
def shell(folder: Path) -> Iterator[Shell]:
    with a_paying_house(folder) as made:
        yield made


def test_a_wrong_rule_is_refused_with_its_place_and_a_right_one_alerts(
    shell: Shell, folder: Path
) -> None:
    policy = shell.call("policy", "show")["policy"]
    rule = {
        "code": "rules.seven",
        "english": "An amount of seven",
        "chinese": "金額為七",
        "when": "amount = 700\n  AND pair_cuont_24h >= 0",
        "weight": 10,
    }
    typology = {
        "code": "typologies.seven",
        "english": "Sevens",
        "chinese": "七",
        "rules": ["rules.seven"],
        "alert_threshold": 10,
    }
    policy["rules"].append(rule)
    policy["typologies"].append(typology)
    file = folder / "policy.json"
    file.write_text(json.dumps(policy), "utf-8")
    for command in ("check", "set"):
        error = shell.call("policy", command, str(file), expect=1)["error"]
        assert error["code"] == "rules.malformed_rule"
        assert (
            "rules.seven, line 2, column 7: there is nothing named pair_cuont_24h"
            in (error["sentence"])
        )
    assert shell.call("policy", "show")["number"] == 1

    rule["when"] = "amount = 700\n  AND pair_count_24h >= 0"
    file.write_text(json.dumps(policy), "utf-8")
    rules, typologies = len(policy["rules"]), len(policy["typologies"])
    assert (rules, typologies) > (len(DEFAULT_POLICY.rules), len(DEFAULT_POLICY.typologies))
    assert f"can be used: {rules} rules, {typologies} typologies" in shell.text(
        "policy", "check", str(file)
    )
    assert shell.call("policy", "set", str(file))["number"] == 2
    assert shell.call("policy", "show")["policy"]["rules"][-1]["code"] == "rules.seven"
    assert shell.call("policy", "show", "1")["number"] == 1

    assert "no alert is open" in shell.text("alerts", "list")
    shell.call("ingest", str(a_file(folder, "seven.xml", Payment(amount="7.00"))))
    (alert,) = shell.call("alerts", "list")
    assert (alert["typologies"], alert["status"]) == ("typologies.seven=10", "open")
    number = str(alert["number"])
    shell.call("alerts", "acknowledge", number)
    again = shell.call("alerts", "acknowledge", number, expect=1)["error"]
    assert again["code"] == "alerts.already_acknowledged"
    closing = ("alerts", "close", number, "--disposition", "false_positive", "--reason", "a test")
    assert shell.call(*closing)["disposition"] == "false_positive"
    assert shell.call(*closing, expect=1)["error"]["code"] == "alerts.unknown"
    assert shell.call("alerts", "list") == []
    (closed,) = shell.call("alerts", "list", "--all")
    assert (closed["status"], closed["disposition"]) == ("closed", "false_positive")
    assert shell.call("audit", "verify")["clean"]

    # A policy's own words are told where it holds.
    typology["interdiction_threshold"] = 10
    file.write_text(json.dumps(policy), "utf-8")
    shell.call("policy", "set", str(file))
    shell.call("ingest", str(a_file(folder, "again.xml", Payment(amount="7.00"))))
    held = str(shell.call("transfers", "list")[0]["number"])
    assert "rules.seven: An amount of seven" in shell.text("transfers", "show", held)


def test_the_words_of_rules_are_listed(shell: Shell) -> None:
    words = {row["word"]: row for row in shell.call("policy", "words")}
    assert words["pair_idle_ms"]["may be null"] == "yes"
    assert words["currency"]["type"] == "code"
    assert "debtor_median_ratio_30d" in shell.text("policy", "words")
