"""`countersign bench NAME`: measurements on throw-away installations."""

import argparse

from countersign.entrypoints.bench import crash, gate
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


def _report(figures: list[Figure], arguments: argparse.Namespace, terminal: Terminal) -> int:
    if terminal.is_json:
        terminal.value(report(figures, seed=arguments.seed), "")
    else:
        rows = [
            (f.name, f"{f.value:g}", f.unit, "" if f.target is None else f"{f.target:g}", f.peer)
            for f in figures
        ]
        terminal.table(("figure", "value", "unit", "target", "beside"), rows, "")
    missed = [f for f in figures if f.target is not None and f.target == 0 and f.value > 0]
    return REFUSED if missed else DONE
