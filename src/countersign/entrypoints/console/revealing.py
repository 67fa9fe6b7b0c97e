"""The logged look at the parties of one transfer, in clear.

Rules: 1. The gate answers first; what is shown is opened for the leaf that it wrote. 2. A look is
its session's: the leaf's number is kept with it, what was opened nowhere. 3. A page in clear is
never cached (the guard says so of every page), and is masked again when the look is over.
"""

from typing import Any, NamedTuple

from starlette.requests import Request

from countersign.access.model import CONSOLE
from countersign.entrypoints.console.acting import Form, ask_gate
from countersign.entrypoints.console.sessions import Session
from countersign.entrypoints.console.site import Site
from countersign.flows.reveal_parties import (
    Look,
    LookOver,
    Revealed,
    require_transfer,
    reveal_parties,
)
from countersign.gate.commands import Kind
from countersign.gate.requests import RevealRequest


class Clear(NamedTuple):
    """What a page shows in clear, for so many seconds, and the leaf that says why."""

    revealed: Revealed
    seconds: int
    leaf: int


def reveal(request: Request, form: Form) -> str:
    """Log a look and lead to the page that shows it."""
    site: Site = request.app.state.site
    session: Session = request.scope["state"]["session"]
    number, reason = request.path_params["number"], form.reason()
    site.read(lambda connection: require_transfer(connection, number))
    answer = ask_gate(request, Kind.REVEAL, RevealRequest(number, reason), form.key())
    session.note_look(number, answer.number)
    return f"/transfers/{number}#parties"


def clear_parties(request: Request, connection: Any) -> Clear | None:
    """Both parties while this session's look lasts, else None."""
    site: Site = request.app.state.site
    session: Session = request.scope["state"]["session"]
    number = request.path_params["number"]
    leaf = session.looks.get(number)
    if leaf is None:
        return None
    now_ms = site.clock.now_ms()
    try:
        revealed = reveal_parties(
            connection, intake=site.intake, look=Look(number, leaf, CONSOLE), now_ms=now_ms
        )
    except LookOver:
        session.looks.pop(number, None)
        return None
    return Clear(revealed, max(1, (revealed.until_ms - now_ms) // 1000), leaf)
