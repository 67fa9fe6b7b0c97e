"""What a person's system decides about one transfer: release, reject, cancel, hold."""

from typing import Annotated

import msgspec

from countersign.access.model import Permission
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.flows.reject_reasons import reject_code
from countersign.gate.commands import HOLD_HOURS_MAX, Answer, Kind
from countersign.gate.requests import CancelRequest, HoldRequest, RejectRequest, ReleaseRequest

Reason = Annotated[
    str, msgspec.Meta(min_length=1, max_length=1000, description="Why; kept sealed.")
]


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    hold: Annotated[int, msgspec.Meta(ge=0, lt=2**62, description="The hold that was looked at.")]
    reason: Reason


class Reject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason
    reason_code: Annotated[str, msgspec.Meta(min_length=4, max_length=4)] = "CUST"  # ISO 20022.


class Cancel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason


class Hold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason
    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9_.-]+$")] = (
        "duty_officer"
    )
    hours: Annotated[int, msgspec.Meta(ge=1, le=HOLD_HOURS_MAX)] = 72


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    transfer: int
    status: str
    command: int  # The number of its leaf.


async def release(desk: Desk, call: Call) -> Decided:
    body: Release = call.body
    request = ReleaseRequest(call.number, body.hold, body.reason)
    return _decided(call, await desk.ask(call, Kind.RELEASE, request))


async def reject(desk: Desk, call: Call) -> Decided:
    body: Reject = call.body
    request = RejectRequest(call.number, reject_code(body.reason_code), body.reason)
    return _decided(call, await desk.ask(call, Kind.REJECT, request))


async def cancel(desk: Desk, call: Call) -> Decided:
    request = CancelRequest(call.number, call.body.reason)
    return _decided(call, await desk.ask(call, Kind.CANCEL, request))


async def hold(desk: Desk, call: Call) -> Decided:
    body: Hold = call.body
    request = HoldRequest(call.number, body.owner, body.hours, body.reason)
    return _decided(call, await desk.ask(call, Kind.HOLD, request))


def _decided(call: Call, answer: Answer) -> Decided:
    return Decided(transfer=call.number, status=answer.outcome, command=answer.number)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/transfers/{number}/release",
        name="releaseTransfer",
        summary="Let a held transfer go; this covers what the hold was for.",
        handler=release,
        takes=Release,
        answers=Decided,
        permission=Permission.TRANSFERS_RELEASE,
        is_keyed=True,
    ),
    Operation(
        method="POST",
        path="/v1/transfers/{number}/reject",
        name="rejectTransfer",
        summary="Refuse a transfer that was not dispatched.",
        handler=reject,
        takes=Reject,
        answers=Decided,
        permission=Permission.TRANSFERS_REJECT,
        is_keyed=True,
    ),
    Operation(
        method="POST",
        path="/v1/transfers/{number}/cancel",
        name="cancelTransfer",
        summary="Take back a transfer that was not dispatched.",
        handler=cancel,
        takes=Cancel,
        answers=Decided,
        permission=Permission.TRANSFERS_CANCEL,
        is_keyed=True,
    ),
    Operation(
        method="POST",
        path="/v1/transfers/{number}/hold",
        name="holdTransfer",
        summary="Stop a transfer that was not dispatched.",
        handler=hold,
        takes=Hold,
        answers=Decided,
        permission=Permission.TRANSFERS_HOLD,
        is_keyed=True,
    ),
)
