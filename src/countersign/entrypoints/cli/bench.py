"""`countersign bench NAME`: measurements on throw-away installations."""

import argparse

from countersign.entrypoints.bench import crash, gate
from countersign.entrypoints.bench.figures import Figure, report
from countersign.entrypoints.cli.parsing import Subcommands, count, group
from countersign.entrypoints.cli.terminal import DONE, REFUSED, Terminal


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "bench", "measure on a throw-away installation")
    for name, help_text, command in (
        ("gate", "throughput beside pgbench, latency, recovery", bench_gate),
        ("crash", "kill the gate under load and count what was lost", bench_crash),
    ):
        parser = commands.add_parser(name, parents=[common], help=help_text)
        parser.add_argument("--seed", type=int, default=1)
        parser.set_defaults(command=command)
        if name == "gate":
            parser.add_argument("--pairs", type=count, default=10)
        else:
            parser.add_argument("--kills", type=count, default=20)


def bench_gate(arguments: argparse.Namespace, terminal: Terminal) -> int:
    figures = gate.run(pairs=arguments.pairs, seed=arguments.seed, progress=terminal.progress)
    return _report(figures, arguments, terminal)


def bench_crash(arguments: argparse.Namespace, terminal: Terminal) -> int:
    figures = crash.run(kills=arguments.kills, seed=arguments.seed, progress=terminal.progress)
    return _report(figures, arguments, terminal)


def _report(figures: list[Figure], arguments: argparse.Namespace, terminal: Terminal) -> int:
    terminal.end_progress()
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
