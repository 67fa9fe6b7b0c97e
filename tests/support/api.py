"""A gate and an API over it, each a process, with credentials for whoever a test needs to be."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from countersign.access.model import GRANTABLE, Permission, verifier_of
from countersign.entrypoints.api.process import ApiProcess
from countersign.entrypoints.bench.bed import Bed, a_bed, reference
from countersign.entrypoints.gate.process import GateProcess
from countersign.gate.commands import Kind, SetCredential
from countersign.infra.clock import SystemClock

ACCOUNTS = 6
ALL = "token of a credential that may do everything"
CREDITOR_IBAN = "DE89370400440532013000"
PLANTED_NAME = "Planted Zwyrtek"


@dataclass
class Api:
    """One running API, and clients of it."""

    bed: Bed
    gate: GateProcess
    process: ApiProcess
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, token: str | None = ALL, **headers: str) -> httpx.Client:
        own = {"authorization": f"Bearer {token}"} if token is not None else {}
        return httpx.Client(base_url=self.url, headers={**own, **headers}, timeout=30)

    def credential(
        self,
        token: str,
        *permissions: Permission,
        expires_ms: int = 0,
        addresses: tuple[str, ...] = (),
    ) -> int:
        """A new credential that this token opens; its number."""
        with self.bed.operator() as operator:
            answer = operator.ask(
                Kind.SET_CREDENTIAL,
                SetCredential(
                    0,
                    token,
                    verifier_of(token),
                    list(permissions),
                    is_active=True,
                    expires_ms=expires_ms,
                    addresses=list(addresses),
                ),
            )
        assert answer.outcome == "ok", answer
        number: int = msgspec.msgpack.decode(answer.detail)
        return number

    def revoke(self, number: int) -> None:
        command = SetCredential(number, "-", bytes(32), [], is_active=False)
        with self.bed.operator() as operator:
            assert operator.ask(Kind.SET_CREDENTIAL, command).outcome == "ok"


@contextlib.contextmanager
def an_api(*, accounts: int = ACCOUNTS) -> Iterator[Api]:
    with a_bed(name="api.example") as bed:
        gate = bed.gate()
        gate.start()
        bed.populate(accounts)
        process = bed.api()
        api = Api(bed, gate, process, process.start().port)
        api.credential(ALL, *sorted(GRANTABLE))
        yield api
        assert process.stop() == 0


def account(number: int) -> str:
    """A customer's account of the bed, as people write it."""
    return reference(number).removeprefix("OTHR:")


def an_order(**fields: Any) -> dict[str, Any]:
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date()
    plain = {
        "instructed_amount": "100.00",
        "currency": "EUR",
        "requested_execution_date": today.isoformat(),
        "debtor_account": account(0),
        "debtor_name": "Planted Okonkwo",
        "creditor_account": CREDITOR_IBAN,
        "creditor_name": PLANTED_NAME,
        "end_to_end_id": "E2E-1",
    }
    return plain | fields


def key(text: str) -> dict[str, str]:
    return {"idempotency-key": text}


def code_of(answer: httpx.Response) -> str:
    """The code of a problem, once it is known to be well-formed and to agree with its status."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:countersign:refusal:{problem['code']}"
    code: str = problem["code"]
    return code
