"""/v1/freezes: stop everything from and to an account, here or elsewhere, and lift it again."""

from http import HTTPStatus

import msgspec

from countersign.access.model import Permission
from countersign.entrypoints.api.accounts import Limit, Number
from countersign.entrypoints.api.deciding import Reason
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.api.naming import naming
from countersign.entrypoints.api.ordering import AccountText
from countersign.entrypoints.web.reading import Connection
from countersign.flows.list_accounts import FreezeListed, newest_freezes
from countersign.gate.commands import Kind
from countersign.gate.requests import FreezeRequest, UnfreezeRequest
from countersign.kernel.account import canonical, written_reference


class NewFreeze(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account: AccountText
    reason: Reason


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """What had left before is told, because it can only be asked back (I8)."""

    command: int
    left_before_count: int
    left_before: list[int]  # Of these the first, by number.


class Lifted(msgspec.Struct, frozen=True, kw_only=True):
    command: int


class FreezePage(msgspec.Struct, frozen=True, kw_only=True):
    freezes: list[FreezeListed]
    next_before: int | None


class FreezeQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    before: Number | None = None
    limit: Limit = 50


async def freeze(desk: Desk, call: Call) -> Frozen:
    with naming("account"):
        account = canonical(written_reference(call.body.account))
    answer = await desk.ask(call, Kind.FREEZE, FreezeRequest(account, call.body.reason))
    count, numbers = msgspec.msgpack.decode(answer.detail, type=tuple[int, list[int]])
    return Frozen(command=answer.number, left_before_count=count, left_before=numbers)


async def lift(desk: Desk, call: Call) -> Lifted:
    with naming("account"):
        account = canonical(written_reference(call.body.account))
    answer = await desk.ask(call, Kind.UNFREEZE, UnfreezeRequest(account, call.body.reason))
    return Lifted(command=answer.number)


async def list_freezes(desk: Desk, call: Call) -> FreezePage:
    query: FreezeQuery = call.query

    def read(connection: Connection) -> list[FreezeListed]:
        return newest_freezes(
            connection, keys=desk.keys, limit=query.limit + 1, before=query.before
        )

    found = await desk.read(read)
    page, rest = found[: query.limit], found[query.limit :]
    return FreezePage(freezes=page, next_before=page[-1].command if rest else None)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/freezes",
        name="freezeAccount",
        summary="Freeze an account, here or elsewhere.",
        handler=freeze,
        takes=NewFreeze,
        answers=Frozen,
        status=HTTPStatus.CREATED,
        permission=Permission.ACCOUNTS_FREEZE,
        is_keyed=True,
    ),
    Operation(
        method="POST",
        path="/v1/freezes/lift",
        name="liftFreeze",
        summary="Lift a freeze.",
        handler=lift,
        takes=NewFreeze,
        answers=Lifted,
        permission=Permission.ACCOUNTS_UNFREEZE,
        is_keyed=True,
    ),
    Operation(
        method="GET",
        path="/v1/freezes",
        name="listFreezes",
        summary="What is frozen now, the newest first; account numbers are masked.",
        handler=list_freezes,
        query=FreezeQuery,
        answers=FreezePage,
        permission=Permission.ACCOUNTS_READ,
    ),
)
