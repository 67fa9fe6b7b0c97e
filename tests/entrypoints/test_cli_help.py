"""The help of every command: arguments are explained, and the example is one that parses."""

import argparse
import shlex
from collections.abc import Iterator

import pytest

from countersign.entrypoints.cli.command_line import parser_for
from countersign.entrypoints.cli.examples import EXAMPLES
from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.parsing import PROGRAM

pytestmark = pytest.mark.fast


def subparsers_of(parser: argparse.ArgumentParser) -> Iterator[argparse._SubParsersAction]:  # type: ignore[type-arg]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield action


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and all below it."""
    yield parser
    for action in subparsers_of(parser):
        for below in action.choices.values():
            yield from parsers(below)


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parsers that do something, by their words."""
    return {
        parser.prog.removeprefix(PROGRAM).strip(): parser
        for parser in parsers(parser_for([]))
        if not any(subparsers_of(parser))
    }


def test_every_argument_has_a_help_text() -> None:
    for parser in parsers(parser_for([])):
        assert parser.description, parser.prog
        for action in parser._actions:
            if not isinstance(action, argparse._SubParsersAction):
                assert action.help, f"{parser.prog}: {action.dest}"
        for group in subparsers_of(parser):
            helps = {choice.dest: choice.help for choice in group._get_subactions()}
            assert set(helps) == set(group.choices)
            assert all(helps.values()), parser.prog


def test_every_command_shows_its_example_and_the_parser_takes_it() -> None:
    found = commands()
    assert set(found) == set(EXAMPLES)
    for name, parser in found.items():
        assert EXAMPLES[name].startswith(name)
        assert f"{PROGRAM} {EXAMPLES[name]}" in parser.format_help()
        words = shlex.split(EXAMPLES[name])
        assert callable(parser_for(words).parse_args(words).command), name


def test_the_help_of_a_rejection_lists_the_codes_and_of_a_list_the_statuses() -> None:
    found = commands()
    reject = " ".join(found["transfers reject"].format_help().split())
    assert "one of AC01, AC02" in reject
    assert "FRAD" in reject
    assert "pending_approval" in found["transfers list"].format_help()
    assert "RJCT" in found["ingest"].format_help()


def test_an_argument_that_is_no_text_is_wrong_usage(capfd: pytest.CaptureFixture[str]) -> None:
    for words in (["ingest", "\udcff.xml"], ["transfers", "hold", "1", "--reason", "\udcff"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
        assert "not UTF-8 text" in capfd.readouterr().err


def test_wrong_usage_repeats_no_control_character(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["transfers", "show", "\x1b[31m5"])
    assert ended.value.code == 2
    assert "\x1b" not in capfd.readouterr().err
