"""`countersign console link`: a one-time link that opens the console's pages."""

import argparse

from countersign.entrypoints.cli.parsing import Subcommands, add_command, group
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.console.links import LINK_MS, link_of, make_link, noted_address
from countersign.entrypoints.installation import NotRunning, load_installation
from countersign.entrypoints.run_lock import running_process
from countersign.infra.clock import SystemClock


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "console", "open the console's pages in a browser")
    add_command(
        commands,
        common,
        "link",
        link,
        "print a link that opens a session, once and within ten minutes",
    )


def link(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Whoever may write into the data folder may open a session."""
    installation = load_installation(arguments.settings)
    address = noted_address(installation.data_dir)
    if address is None or running_process(installation.data_dir) is None:
        raise NotRunning(folder=str(installation.data_dir))
    made = link_of(address, make_link(installation.data_dir, SystemClock()))
    value = {"link": made, "address": address, "seconds": LINK_MS // 1000}
    return terminal.value(value, made)
