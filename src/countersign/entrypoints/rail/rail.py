"""The simulated rail itself: connections, the messages that come in, the statuses that go out.

1. What is accepted is durable before it is answered; what is due is decided by the book's time.
2. Garbage ends its connection and nothing else. Frames, connections, waiting and what a slow peer
   leaves unread are bounded.
3. A status goes to the connection opened last. While there is none, UNTOLD_MAX wait for the next
   one; whoever misses the rest asks.
4. What comes back is told until its receipt has come.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from countersign.entrypoints.rail.behaviour import Behaviour, Draws
from countersign.entrypoints.rail.book import Arrival, Back, Book, Entry
from countersign.infra.clock import Clock
from countersign.infra.iso20022.errors import UnsupportedMessage
from countersign.infra.iso20022.whole import WHOLE_BYTES_MAX
from countersign.infra.logs import get_logger
from countersign.kernel.ids import new_id
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal
from countersign.rails.messages import (
    IN_PROCESS,
    REJECTED,
    SETTLED,
    PaymentReturn,
    RailStatusReport,
    ReceivedTransfer,
    StatusRequest,
)
from countersign.rails.pacs002 import write_status
from countersign.rails.pacs004 import read_receipt, write_return
from countersign.rails.pacs008 import read_credit_transfer
from countersign.rails.pacs028 import read_status_request

FRAME_BYTES_MAX: Final = WHOLE_BYTES_MAX
CONNECTIONS_MAX: Final = 16
UNTOLD_MAX: Final = 10_000
NOT_RECEIVED: Final = "NOOR"
DUPLICATE: Final = "DUPL"
INCOMPLETE: Final = "CH21"  # A mandatory element is missing.
CLOSED_ACCOUNT: Final = "AC04"

_log = get_logger(__name__)
_LENGTH_BYTES = 4
_REST_OF_FRAME_SECONDS = 30.0
_UNREAD_BYTES_MAX = 2**20
_DECIDED_AT_ONCE = 100
_LOOK_AGAIN_MS = 1000
_TELL_AGAIN_MS = 1000
_CLOSE_SECONDS = 10.0


class Rail:
    """One rail; everything but the reading of messages runs on its event loop."""

    def __init__(
        self,
        book: Book,
        *,
        behaviour: Behaviour,
        seed: int,
        clock: Clock,
        schema_dir: Path | None,
    ) -> None:
        self._book = book
        self._behaviour = behaviour
        self._draws = Draws(seed, behaviour)
        self._clock = clock
        self._schema_dir = schema_dir
        self._open: list[asyncio.StreamWriter] = []
        self._talks: set[asyncio.Task[None]] = set()
        self._untold: deque[str] = deque(maxlen=UNTOLD_MAX)
        self._changed = asyncio.Event()

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody has connected."""
        talk = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def decide(self) -> None:
        """Settle or reject what is due, for as long as the rail runs."""
        while True:
            self._changed.clear()
            decided = self._book.decide_due(
                self._clock.now_ms(), self._final, count_max=_DECIDED_AT_ONCE
            )
            for entry in decided:
                self._tell(entry)
                if entry.status == SETTLED and self._draws.returns(entry.transaction_id):
                    self._return(entry)
            if decided:
                await asyncio.sleep(0)  # Connections have their turn.
                continue
            self._tell_returns()
            times = (self._book.next_due_ms(), self._book.next_return_ms())
            due_ms = min((time for time in times if time is not None), default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_until(due_ms)):
                    await self._changed.wait()

    async def close(self) -> None:
        """End every connection and wait until nobody is spoken to."""
        for writer in self._open:
            writer.transport.abort()
        if self._talks:
            await asyncio.wait(self._talks, timeout=_CLOSE_SECONDS)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first frame to its last."""
        if len(self._open) >= CONNECTIONS_MAX:
            _log.warning("rail.too_many_connections")
            writer.close()
            return
        self._open.append(writer)
        # Its thread ends with it, and with that what lxml keeps of the names it was sent.
        thread = ThreadPoolExecutor(1, thread_name_prefix="rail")
        try:
            self._tell_untold()
            # What was cut off is not heard any more, though some of it may have arrived.
            while not writer.is_closing():
                await self._hear(await _frame(reader), thread)
        except Refusal as refusal:
            _log.warning("rail.garbage", code=refusal.code)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass
        finally:
            self._open.remove(writer)
            writer.close()
            thread.shutdown(wait=False)

    async def _hear(self, content: bytes, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        message = await loop.run_in_executor(thread, _read, content, self._schema_dir)
        if isinstance(message, ReceivedTransfer):
            self._take(message)
        elif isinstance(message, Receipt):
            self._book.note_receipt(message.return_id)
        else:
            self._answer(message)

    def _take(self, received: ReceivedTransfer) -> None:
        transaction_id, uetr = received.transaction_id, received.uetr
        if transaction_id is None or uetr is None:
            self._send(transaction_id or "", _refused(received, INCOMPLETE, self._report_id()))
            return
        if self._draws.loses_order(transaction_id):
            _log.info("rail.order_lost", transaction_id=transaction_id)
            return
        now_ms = self._clock.now_ms()
        offered = Entry(
            transaction_id,
            uetr,
            received.message_id,
            received.amount.minor_units,
            received.amount.currency,
            IN_PROCESS,
            None,
            now_ms + self._draws.delay_ms(transaction_id),
        )
        arrival, standing = self._book.accept(offered, now_ms=now_ms)
        if arrival is Arrival.CONFLICTING:
            self._send(transaction_id, _refused(received, DUPLICATE, self._report_id()))
        elif arrival is Arrival.AGAIN or self._behaviour.says_in_process:
            # What is answered is this message, even if another one brought the transfer first.
            self._tell(standing._replace(message_id=received.message_id))
        self._changed.set()

    def _answer(self, request: StatusRequest) -> None:
        entry = self._book.find(request.transaction_id, request.uetr)
        if entry is not None:
            self._tell(entry)
            return
        self._send(
            request.transaction_id or request.uetr or "",
            RailStatusReport(
                message_id=self._report_id(),
                original_message_id=request.original_message_id,
                status=REJECTED,
                transaction_id=request.transaction_id,
                uetr=request.uetr,
                end_to_end_id=request.end_to_end_id,
                reason_codes=(NOT_RECEIVED,),
            ),
        )

    def _seconds_until(self, due_ms: int | None) -> float | None:
        if due_ms is None:
            return None
        # A clock that is set back must not make the rail sleep through what is due.
        return min(max(1, due_ms - self._clock.now_ms()), _LOOK_AGAIN_MS) / 1000

    def _final(self, transaction_id: str) -> tuple[str, str | None]:
        is_rejected = self._draws.rejects(transaction_id)
        return (REJECTED, CLOSED_ACCOUNT) if is_rejected else (SETTLED, None)

    def _tell_untold(self) -> None:
        for transaction_id in _taken_out(self._untold):
            entry = self._book.find(transaction_id, None)
            if entry is not None:
                self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        """Send the standing status of a transfer."""
        if not self._listener():
            self._untold.append(entry.transaction_id)
            return
        self._send(
            entry.transaction_id,
            RailStatusReport(
                message_id=self._report_id(),
                original_message_id=entry.message_id,
                status=entry.status,
                transaction_id=entry.transaction_id,
                uetr=entry.uetr,
                reason_codes=(entry.reason,) if entry.reason else (),
            ),
        )

    def _return(self, entry: Entry) -> None:
        """Have a settled transfer come back some time later."""
        transaction_id, now_ms = entry.transaction_id, self._clock.now_ms()
        amount = self._draws.returned(transaction_id, entry.amount)
        due_ms = now_ms + self._draws.delay_ms(transaction_id)
        self._book.return_transfer(Back(self._report_id(), transaction_id, amount, now_ms, due_ms))

    def _tell_returns(self) -> None:
        """Send what comes back, the same bytes each time, until its receipt has come."""
        now_ms = self._clock.now_ms()
        for back in self._book.returns_due(now_ms, count_max=_DECIDED_AT_ONCE):
            self._book.tell_again(back, due_ms=now_ms + _TELL_AGAIN_MS)
            entry = self._book.find(back.transaction_id, None)
            if entry is not None:
                content = write_return(_payment_return(entry, back), created_ms=back.made_ms)
                self._write(back.transaction_id, content)

    def _send(self, transaction_id: str, report: RailStatusReport) -> None:
        self._write(transaction_id, write_status(report, created_ms=self._clock.now_ms()))

    def _write(self, transaction_id: str, content: bytes) -> None:
        writer = self._listener()
        if writer is None:
            return
        if self._draws.loses_answer(transaction_id):
            _log.info("rail.answer_lost", transaction_id=transaction_id)
            return
        frame = len(content).to_bytes(_LENGTH_BYTES, "big") + content
        writer.write(frame * 2 if self._draws.doubles_answer(transaction_id) else frame)
        if writer.transport.get_write_buffer_size() > _UNREAD_BYTES_MAX:
            _log.warning("rail.peer_does_not_read")
            writer.transport.abort()

    def _listener(self) -> asyncio.StreamWriter | None:
        return next((each for each in reversed(self._open) if not each.is_closing()), None)

    def _report_id(self) -> str:
        return new_id(self._clock.now_ms()).hex()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The next frame; a length that none may have ends the connection."""
    length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
    if not 0 < length <= FRAME_BYTES_MAX:
        raise ConnectionAbortedError
    async with asyncio.timeout(_REST_OF_FRAME_SECONDS):
        return await reader.readexactly(length)


class Receipt(NamedTuple):
    """Says that a return was kept."""

    return_id: str


def _read(content: bytes, schema_dir: Path | None) -> ReceivedTransfer | StatusRequest | Receipt:
    for read in (read_credit_transfer, read_status_request):
        with contextlib.suppress(UnsupportedMessage):
            return read(content, schema_dir=schema_dir)
    return Receipt(read_receipt(content, schema_dir=schema_dir))


def _payment_return(entry: Entry, back: Back) -> PaymentReturn:
    return PaymentReturn(
        message_id=back.return_id,
        return_id=back.return_id,
        original_message_id=entry.message_id,
        transaction_id=entry.transaction_id,
        uetr=entry.uetr,
        original_amount=Money(minor_units=entry.amount, currency=entry.currency),
        amount=Money(minor_units=back.amount, currency=entry.currency),
        reason_code=CLOSED_ACCOUNT,
    )


def _refused(received: ReceivedTransfer, reason: str, report_id: str) -> RailStatusReport:
    return RailStatusReport(
        message_id=report_id,
        original_message_id=received.message_id,
        status=REJECTED,
        transaction_id=received.transaction_id,
        uetr=received.uetr,
        end_to_end_id=received.end_to_end_id,
        reason_codes=(reason,),
    )


def _taken_out(waiting: deque[str]) -> Iterator[str]:
    """What waits now; what is put back meanwhile waits for the next time."""
    for _ in range(len(waiting)):
        yield waiting.popleft()
