"""`countersign service print`: a systemd unit for this installation."""

import argparse
import os

from countersign.entrypoints.cli.parsing import Subcommands, add_command, group
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import load_installation
from countersign.entrypoints.service_unit import unit_of


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "service", "start Countersign with the machine")
    add_command(
        commands,
        common,
        "print",
        print_unit,
        "print a hardened systemd unit for this installation",
        description="Print a hardened systemd unit for this installation, once its key opens what"
        " is sealed without anybody there. Run it as the user that runs Countersign.",
    )


def print_unit(arguments: argparse.Namespace, terminal: Terminal) -> int:
    unit = unit_of(load_installation(arguments.settings), os.environ)
    return terminal.value({"unit": unit}, unit)
