"""Orders posted to the API over many connections, with as little work for it as can be.

The poster shares the machine with what it measures, so requests are made beforehand and answers are
read no further than to count them.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from countersign.entrypoints.api.ordering import PLAIN_FIELDS
from countersign.entrypoints.bench.bed import TOKEN
from countersign.infra.clock import monotonic
from countersign.kernel.money import Money
from countersign.transfers.order import Order

_ANSWER_SECONDS_MAX = 60.0
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_DECIDED = b'"digest"'  # Once an order that was decided.


class NotDecided(Exception):
    """The API answered something else than decisions."""


def single_post(order: Order, key: str) -> bytes:
    """One order as a whole request."""
    return _request("/v1/transfers", _body(order), f"Idempotency-Key: {key}\r\n")


def batch_post(orders: Iterable[tuple[str, Order]]) -> bytes:
    """Orders with their keys as one request."""
    transfers = [_body(order) | {"idempotency_key": key} for key, order in orders]
    return _request("/v1/transfers/batch", {"transfers": transfers})


def posted_per_s(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float
) -> float:
    """Orders decided a second; raises NotDecided when an answer is no decision."""
    return asyncio.run(_post(port, deque(requests), connections, seconds))


async def _post(port: int, requests: deque[bytes], connections: int, seconds: float) -> float:
    loop = asyncio.get_running_loop()
    begun = monotonic()
    posters: list[_Poster] = []

    def poster() -> _Poster:
        posters.append(_Poster(requests, begun + seconds, loop.create_future()))
        return posters[-1]

    try:
        for _ in range(connections):
            await loop.create_connection(poster, "127.0.0.1", port)
        async with asyncio.timeout(seconds + _ANSWER_SECONDS_MAX):
            await asyncio.gather(*(poster.ended for poster in posters))
    finally:
        for one in posters:
            one.close()
        await asyncio.sleep(0)  # So that they are closed.
    return sum(poster.decided for poster in posters) / (monotonic() - begun)


class _Poster(asyncio.Protocol):
    """One connection: a request after the other until the time is over or none is left."""

    def __init__(self, requests: deque[bytes], until: float, ended: asyncio.Future[None]) -> None:
        self._requests = requests
        self._until = until
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._expected = 0  # Bytes of the answer that is coming; 0 before its head is there.
        self.ended = ended
        self.decided = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._expected:
            head, end, _ = self._received.partition(_HEAD_END)
            if not end:
                return
            self._expected = len(head) + len(end) + _length(head)
        if len(self._received) >= self._expected:
            self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or NotDecided("the API closed the connection"))

    def _answered(self) -> None:
        decided = self._received.count(_DECIDED)
        if not decided and not self.ended.done():
            self.ended.set_exception(NotDecided(bytes(self._received[:500]).decode()))
            return
        self.decided += decided
        self._received.clear()
        self._expected = 0
        self._next()

    def _next(self) -> None:
        if self._transport is None:
            return
        if self._requests and monotonic() < self._until:
            self._transport.write(self._requests.popleft())
        elif not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        if self._transport:
            self._transport.close()


def _length(head: bytearray) -> int:
    line = next(line for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH))
    return int(line.removeprefix(_LENGTH))


def _body(order: Order) -> dict[str, str]:
    amount = Money(minor_units=order.instructed_amount, currency=order.currency).text()
    plain = {name: value for name in PLAIN_FIELDS if (value := getattr(order, name))}
    return plain | {
        "instructed_amount": amount,
        "currency": order.currency,
        "requested_execution_date": order.requested_execution_date,
        "debtor_account": order.debtor_account.removeprefix("OTHR:"),
        "creditor_account": order.creditor_account.removeprefix("OTHR:"),
    }


def _request(path: str, body: object, more: str = "") -> bytes:
    content = msgspec.json.encode(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n{more}"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
