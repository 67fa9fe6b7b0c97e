"""Runs the customers of a demo: `python -m countersign.entrypoints.simulate.main`, wiring on stdin.

Prints one JSON line when the rails' accounts are open, then sends their orders until it is stopped,
and opens their accounts aside. What is sent may break off at any moment.
"""

import secrets
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec

from countersign.entrypoints.child import end_with_parent, say
from countersign.entrypoints.simulate.accounts import Accounts
from countersign.entrypoints.simulate.client import ApiClient
from countersign.entrypoints.simulate.life import COMPANIES, PERSONS, story_of
from countersign.entrypoints.simulate.sending import Sender
from countersign.infra.clock import SystemClock
from countersign.infra.logs import configure_logs, get_logger
from countersign.infra.settings import LogLevel
from countersign.kernel.refusal import Refusal
from countersign.simulator.story import ATTACKS

EXIT_ENDED = 0
EXIT_REFUSED = 3
_log = get_logger(__name__)


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What the customers are given by whoever starts them."""

    url: str
    token: str
    seed: int
    rate: int  # Transfers a second.
    companies: int = COMPANIES
    persons: int = PERSONS
    log_level: LogLevel = LogLevel.INFO


def main() -> int:
    """Order until told to stop."""
    wiring = msgspec.json.decode(sys.stdin.buffer.readline(), type=Wiring)
    configure_logs(wiring.log_level)
    end_with_parent()
    try:
        _live(wiring)
    except Refusal as refusal:
        _log.error("customers.refused", code=refusal.code, why=refusal.sentence())
        say({"ready": False, "code": refusal.code, "sentence": refusal.sentence()})
        return EXIT_REFUSED
    return EXIT_ENDED


def _live(wiring: Wiring) -> None:
    def client() -> ApiClient:
        return ApiClient(wiring.url, wiring.token)

    story = story_of(
        wiring.seed, companies=wiring.companies, persons=wiring.persons, attacks=ATTACKS
    )
    accounts = Accounts(client, story.city.holders, seed=wiring.seed)
    accounts.open_settlement()
    say({"ready": True})
    sender = Sender(client(), story, accounts, SystemClock(), start=secrets.token_hex(6))
    # Who looks on need not wait for all the accounts; whatever this does not open, the sender does.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(accounts.open_all, _tell_nobody)
        sender.send(rate=wiring.rate, progress=_tell_nobody)


def _tell_nobody(text: str) -> None:
    del text


if __name__ == "__main__":
    sys.exit(main())
