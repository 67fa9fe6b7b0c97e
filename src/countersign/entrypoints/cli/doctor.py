"""`countersign doctor`: what is likely to be wrong, in a sentence each, and what to do next.

It ends with 1 if anything must be mended; a warning leaves it at 0.
"""

import argparse
import os
from collections import Counter

from countersign.entrypoints.cli.parsing import Subcommands, add_command
from countersign.entrypoints.cli.terminal import DONE, REFUSED, Terminal, language_of
from countersign.entrypoints.doctor.examination import Finding, examine
from countersign.entrypoints.doctor.model import Level


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        subcommands,
        common,
        "doctor",
        doctor,
        "find what is likely to be wrong, and say what to do next",
        description="Find what is likely to be wrong, and say what to do next. Ends with 1 if"
        " anything must be mended; a warning leaves it at 0.",
    )
    # Settings that cannot be read are among what it is asked about.
    parser.set_defaults(reads_settings_itself=True)


def doctor(arguments: argparse.Namespace, terminal: Terminal) -> int:
    del arguments
    findings = examine(step=lambda code: terminal.step(f"checking {_subject(code)}"))
    counts = Counter(finding.verdict.level for finding in findings)
    is_chinese = language_of(os.environ).startswith("zh")
    value = {
        "healthy": counts[Level.FAIL] == 0,
        "fail": counts[Level.FAIL],
        "warn": counts[Level.WARN],
        "checks": [_value(finding) for finding in findings],
    }
    lines = [_line(finding, is_chinese=is_chinese) for finding in findings]
    lines.append(f"{counts[Level.FAIL]} fail, {counts[Level.WARN]} warn, {counts[Level.OK]} ok")
    terminal.value(value, "\n".join(lines))
    return REFUSED if counts[Level.FAIL] else DONE


def _subject(code: str) -> str:
    return code.removeprefix("doctor.").replace("_", " ")


def _value(finding: Finding) -> dict[str, str]:
    verdict = finding.verdict
    return {
        "code": finding.code,
        "level": verdict.level,
        "english": verdict.english,
        "chinese": verdict.chinese,
        "reason": verdict.reason,
    }


def _line(finding: Finding, *, is_chinese: bool) -> str:
    verdict = finding.verdict
    sentence = verdict.chinese if is_chinese else verdict.english
    return f"{verdict.level:<5} {finding.code:<27} {sentence}"
