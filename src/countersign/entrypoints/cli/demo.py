"""`countersign demo`: an instance of its own in which a simulated city orders transfers."""

import argparse
import secrets
from dataclasses import replace

from countersign.access.model import NEVER, Permission, verifier_of
from countersign.entrypoints.cli.parsing import Subcommands, add_command, is_refused
from countersign.entrypoints.cli.run import add_rail_faults, run_with
from countersign.entrypoints.cli.simulate import add_city
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import Installation
from countersign.entrypoints.running import Running
from countersign.entrypoints.saved_tokens import kept_token, saved_tokens
from countersign.entrypoints.simulate.main import Wiring
from countersign.entrypoints.simulate.process import CustomersProcess
from countersign.entrypoints.supervision import Supervised
from countersign.gate.client import GateClient
from countersign.gate.commands import Kind, SetCredential
from countersign.gate.requests import OPERATOR_SOCKET
from countersign.gate.sentences import refusal_of

_FOLDER = "demo"
_ENVIRONMENT = "demo"  # Its pages say that it is none of production.
_CREDENTIAL = "customers"
_MAY = (Permission.TRANSFERS_ORDER, Permission.ACCOUNTS_OPEN, Permission.ACCOUNTS_FUND)


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        subcommands,
        common,
        "demo",
        demo,
        "run an instance of its own with simulated customers in it",
        description="Sets up and runs an instance in ./demo, or in the folder of --data, and lets"
        " simulated people and companies order at its API, attackers among them. Everything is as"
        " `run` has it: what it prints, how it stops, that it goes on when started again. No money"
        " moves.",
    )
    parser.set_defaults(own_folder=_FOLDER, name="demo")
    add_city(parser)
    add_rail_faults(parser)


def demo(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Run until a signal, with customers."""
    settings = arguments.settings
    arguments.settings = replace(settings, environment=settings.environment or _ENVIRONMENT)

    def join(installation: Installation, running: Running) -> None:
        token = _token(installation)

        def customers() -> CustomersProcess:
            return CustomersProcess(
                Wiring(
                    url=f"http://{installation.settings.api_host}:{running.api_port}",
                    token=token,
                    seed=arguments.seed,
                    rate=arguments.rate,
                    companies=arguments.companies,
                    persons=arguments.persons,
                    log_level=installation.settings.log_level,
                )
            )

        running.join(Supervised("customers", customers))
        people = f"{arguments.companies} companies and {arguments.persons} people"
        terminal.say(f"{people} open accounts and order; attackers are among them")

    return run_with(arguments, terminal, join)


def _token(installation: Installation) -> str:
    """Of the customers' credential, which is made once."""
    if saved := saved_tokens(installation).get(_CREDENTIAL):
        return saved.read_text(encoding="utf-8")
    token = "cst_" + secrets.token_urlsafe(32)
    command = SetCredential(
        number=0,
        name=_CREDENTIAL,
        verifier=verifier_of(token),
        permissions=list(_MAY),
        is_active=True,
        expires_ms=NEVER,
        addresses=[],
    )
    with (
        kept_token(installation, _CREDENTIAL, token) as keep,
        GateClient(installation.sockets, OPERATOR_SOCKET) as gate,
    ):
        answer = gate.ask(Kind.SET_CREDENTIAL, command)
        if is_refused(answer):
            raise refusal_of(answer)
        keep()
    return token
