"""`countersign bench`: measurements on throw-away installations."""

import argparse
from dataclasses import asdict

from countersign.entrypoints.bench import crash, gate
from countersign.entrypoints.bench.attacks import weeks
from countersign.entrypoints.bench.attacks.tally import is_missed
from countersign.entrypoints.bench.figures import Figure, report
from countersign.entrypoints.cli.parsing import Subcommands, add_command, count, group
from countersign.entrypoints.cli.terminal import DONE, REFUSED, Terminal


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "bench", "measure on a throw-away installation")
    for name, command, help_text, counted, default, count_help in (
        (
            *("gate", bench_gate, "measure throughput beside pgbench, latency and recovery"),
            *("--pairs", 10, "pairs of runs, pgbench and gate in turns"),
        ),
        (
            *("crash", bench_crash, "kill the gate under load and count what was lost"),
            *("--kills", 20, "how often it is killed"),
        ),
        (
            *("attacks", bench_attacks, "live weeks of a city with attacks, count what is stopped"),
            *("--attacks", weeks.PLOT.attacks, "attempts of each attack"),
        ),
    ):
        parser = add_command(commands, common, name, command, help_text)
        parser.add_argument(
            "--seed", type=int, default=1, help="of what is random (default: %(default)s)"
        )
        parser.add_argument(
            counted, type=count, default=default, help=f"{count_help} (default: %(default)s)"
        )


def bench_gate(arguments: argparse.Namespace, terminal: Terminal) -> int:
    figures = gate.run(pairs=arguments.pairs, seed=arguments.seed, progress=terminal.progress)
    return _report(figures, arguments, terminal)


def bench_crash(arguments: argparse.Namespace, terminal: Terminal) -> int:
    figures = crash.run(kills=arguments.kills, seed=arguments.seed, progress=terminal.progress)
    return _report(figures, arguments, terminal)


def bench_attacks(arguments: argparse.Namespace, terminal: Terminal) -> int:
    plot = weeks.PLOT._replace(attacks=arguments.attacks)
    found = weeks.run(seed=arguments.seed, progress=terminal.progress, plot=plot)
    if terminal.is_json:
        value = report(found.figures, seed=arguments.seed)
        value["attacks"] = [asdict(attack) for attack in found.attacks]
        value["troubled_by"] = found.troubled_by
        terminal.value(value, "")
    else:
        _table(found.figures, terminal)
        rows = [
            (a.name, f"{a.stopped_attempts} of {a.attempts}", f"{a.value:,}", f"{a.lost:,}",
             f"{a.stopped_share:.0%}", a.first_by)
            for a in found.attacks
        ]  # fmt: skip
        headings = ("attack", "stopped", "went for, EUR", "lost, EUR", "share", "first stopped by")
        terminal.table(headings, rows, "")
        troubled = [(rule, str(times)) for rule, times in found.troubled_by.items()]
        terminal.table(("held normal transfers for", "times"), troubled, "")
    return REFUSED if any(is_missed(figure) for figure in found.figures) else DONE


def _report(figures: list[Figure], arguments: argparse.Namespace, terminal: Terminal) -> int:
    if terminal.is_json:
        terminal.value(report(figures, seed=arguments.seed), "")
    else:
        _table(figures, terminal)
    missed = [f for f in figures if f.target is not None and f.target == 0 and f.value > 0]
    return REFUSED if missed else DONE


def _table(figures: list[Figure], terminal: Terminal) -> None:
    rows = [
        (f.name, f"{f.value:g}", f.unit, "" if f.target is None else f"{f.target:g}", f.peer)
        for f in figures
    ]
    terminal.table(("figure", "value", "unit", "target", "beside"), rows, "")
