"""What a person does on a page, as a command to the gate.

Rules: 1. The form names the session. 2. The command goes under a key made of the session's token
and the key that its form carried, so that a form sent twice is one act, and nobody else's. 3. A
refusal stands on the page beside its cause.
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from countersign.entrypoints.console.errors import FormExpired, ReasonMissing
from countersign.entrypoints.console.site import Site
from countersign.gate.client import FrameRefused, GateClient
from countersign.gate.commands import Answer, Kind
from countersign.gate.requests import CONSOLE_SOCKET, KEY_BYTES
from countersign.gate.sentences import refusal_of
from countersign.kernel.refusal import Refusal, refusal_class

_GATE_SECONDS = 10.0
_REASON_MAX = 1000
_FIELDS_MAX = 20
Act = Callable[[Request, "Form"], str]


class Form:
    """The fields of one form, as text."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        return self._fields.get(name, "").strip()

    def reason(self) -> str:
        """Why; raises ReasonMissing."""
        text = self.text("reason")
        if not 0 < len(text) <= _REASON_MAX:
            raise ReasonMissing
        return text

    def key(self) -> bytes:
        """The request key of this session's form; raises FormExpired where the form has none."""
        try:
            key = bytes.fromhex(self.text("request_key"))
        except ValueError:
            raise FormExpired from None
        if len(key) != KEY_BYTES:
            raise FormExpired
        session = self.text("form_token").encode()
        return sha256(b"countersign/console/v1\x00" + session + b"\x00" + key).digest()[:KEY_BYTES]


async def read_form(request: Request) -> Form:
    """The body as the fields of a form; raises FormExpired for what is none."""
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=_FIELDS_MAX,
            errors="strict",
        )
    except ValueError:
        raise FormExpired from None
    return Form(dict(pairs))


def form_action(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that does something and leads to the page that `act` names."""

    async def endpoint(request: Request) -> Response:
        form = await read_form(request)
        request.scope["state"]["session"].require_form(form.text("form_token"))
        target = await run_in_threadpool(act, request, form)
        return RedirectResponse(target, 303)

    return endpoint


def ask_gate(request: Request, kind: Kind, command: object, key: bytes) -> Answer:
    """The gate's answer; raises the refusal that it gives, or GateUnreachable."""
    site: Site = request.app.state.site
    with GateClient(site.sockets, CONSOLE_SOCKET, timeout_seconds=_GATE_SECONDS) as gate:
        gate.connect()
        try:
            answer = gate.ask(kind, command, key)
        except FrameRefused as refused:
            raise _refusal(refused.code) from None
    if "." in answer.outcome:
        raise refusal_of(answer)
    return answer


def _refusal(code: str) -> Refusal:
    return refusal_class(code)()
