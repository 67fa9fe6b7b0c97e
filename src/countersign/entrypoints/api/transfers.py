"""/v1/transfers: order one or many, list them, read one, its timeline and its proof."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from countersign.access.errors import NotPermitted
from countersign.access.model import Permission
from countersign.alerts.queries import alerts_about
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.api.errors import UnknownStatus
from countersign.entrypoints.web.reading import Connection
from countersign.flows.export_proof import export_proof
from countersign.flows.list_transfers import TransferListed, newest_transfers
from countersign.flows.replay_decision import ReplayTold
from countersign.flows.tell_reasons import (
    Explainer,
    PolicyTold,
    ReasonTold,
    Recorded,
    recorded_of,
)
from countersign.flows.tell_timeline import EntryTold, timeline_of
from countersign.flows.tell_transfer import (
    Party,
    RailTold,
    ReturnTold,
    TransferTold,
    tell_transfer,
)
from countersign.gate.journal.reading import NoSuchTransfer
from countersign.transfers.model import Status

PAGE_MAX = 200
_BALANCE = "available"  # The fact that is a balance.


class TransferSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer in a list; the time is RFC 3339, the amount a decimal in its currency."""

    number: int
    ordered: str
    amount: str
    currency: str
    status: str
    reasons: list[ReasonTold]
    policy: PolicyTold | None
    credential: int
    digest: str


class TransferPage(msgspec.Struct, frozen=True, kw_only=True):
    transfers: list[TransferSummary]
    next_before: int | None  # Ask for what comes after with `before`; null at the end.


class HoldDetail(msgspec.Struct, frozen=True, kw_only=True):
    """What holds a transfer; `policy` found the reasons, which a dispatch looks for again."""

    number: int  # The command that holds it, which a release has to name.
    owner: str
    until: str
    reasons: list[ReasonTold]
    policy: PolicyTold | None


class TransferDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer without its story. Names and accounts are masked; null once they are erased."""

    number: int
    status: str
    amount: str
    currency: str
    ordered: str
    execution_date: str
    action: str
    reasons: list[ReasonTold]
    policy: PolicyTold | None
    factor: str
    credential: int
    digest: str
    debtor: Party | None
    creditor: Party | None
    hold: HoldDetail | None
    rail: RailTold | None
    returned: ReturnTold | None
    replay: ReplayTold | None  # The rules judged again; null where nothing was recorded for it.


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    transfer: int
    events: list[EntryTold]


class ListQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    before: Annotated[int, msgspec.Meta(ge=0, lt=2**62)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)] = 50


class ProofQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    older_size: Annotated[int, msgspec.Meta(ge=0, lt=2**62)] | None = None


async def list_transfers(desk: Desk, call: Call) -> TransferPage:
    query: ListQuery = call.query
    credential = _own_alone(call)
    status = _status(query.status)

    def read(connection: Connection) -> list[TransferSummary]:
        explainer = Explainer(connection, call.language)
        listed = newest_transfers(
            connection,
            limit=query.limit + 1,
            status=status,
            before=query.before,
            credential=credential,
        )
        return [_summary(one, explainer) for one in listed]

    found = await desk.read(read)
    page, rest = found[: query.limit], found[query.limit :]
    return TransferPage(transfers=page, next_before=page[-1].number if rest else None)


async def read_transfer(desk: Desk, call: Call) -> TransferDetail:
    told = await _told(desk, call)
    # What a rule read tells of others who pay the same creditor, so it is for who may see them.
    with_evidence = call.visitor.may(Permission.TRANSFERS_READ)

    def explain(connection: Connection) -> TransferDetail:
        recorded = recorded_of(connection, [told.number]) if with_evidence else {}
        detail = _detail(told, Explainer(connection, call.language), recorded.get(told.number))
        return detail if call.visitor.may(Permission.ACCOUNTS_READ) else _without_balance(detail)

    return await desk.read(explain)


async def read_timeline(desk: Desk, call: Call) -> Timeline:
    told = await _told(desk, call)
    # Whoever is suspected is not told so.
    is_told = call.visitor.may(Permission.ALERTS_READ)
    alerts = (
        await desk.read(lambda connection: alerts_about(connection, told.number)) if is_told else []
    )
    return Timeline(transfer=told.number, events=timeline_of(told, alerts))


async def read_proof(desk: Desk, call: Call) -> Response:
    """The proof with restricted fields withheld; `proof export` discloses them where it may."""
    await _told(desk, call)
    query: ProofQuery = call.query

    def read(connection: Connection) -> bytes:
        return export_proof(
            connection,
            intake=desk.intake,
            log=desk.log,
            transfer=call.number,
            older_size=query.older_size,
        )

    name = f"transfer-{call.number}.proof.json"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(await desk.read(read), media_type="application/json", headers=headers)


def _detail(told: TransferTold, explainer: Explainer, recorded: Recorded | None) -> TransferDetail:
    hold = told.hold
    explained = {
        "reasons": explainer.reasons(told.reasons, policy=told.policy, recorded=recorded),
        "policy": explainer.policy(told.policy),
        "hold": hold
        and HoldDetail(
            number=hold.number,
            owner=hold.owner,
            until=hold.until,
            reasons=explainer.reasons(hold.reasons, policy=hold.policy, recorded=recorded),
            policy=explainer.policy(hold.policy),
        ),
    }
    names = TransferDetail.__struct_fields__
    return TransferDetail(**{name: getattr(told, name) for name in names} | explained)


def _without_balance(detail: TransferDetail) -> TransferDetail:
    """What a rule read of the debtor's account is for who may read accounts."""

    def less(reasons: list[ReasonTold]) -> list[ReasonTold]:
        return [
            msgspec.structs.replace(
                one,
                evidence={name: value for name, value in one.evidence.items() if name != _BALANCE},
            )
            if one.evidence
            else one
            for one in reasons
        ]

    hold = detail.hold and msgspec.structs.replace(detail.hold, reasons=less(detail.hold.reasons))
    return msgspec.structs.replace(detail, reasons=less(detail.reasons), hold=hold)


def _summary(listed: TransferListed, explainer: Explainer) -> TransferSummary:
    explained = {
        "reasons": explainer.reasons(listed.reasons, policy=listed.policy),
        "policy": explainer.policy(listed.policy),
    }
    return TransferSummary(**msgspec.structs.asdict(listed) | explained)


async def _told(desk: Desk, call: Call) -> TransferTold:
    """One that the credential may see; any other is as if it were not there."""
    credential = _own_alone(call)

    def read(connection: Connection) -> TransferTold:
        return tell_transfer(connection, intake=desk.intake, number=call.number)

    told = await desk.read(read)
    if credential is not None and told.credential != credential:
        raise NoSuchTransfer(number=call.number)
    return told


def _own_alone(call: Call) -> int | None:
    """None for who may see all; else the credential that sees what it ordered itself."""
    if call.visitor.may(Permission.TRANSFERS_READ):
        return None
    if call.visitor.may(Permission.TRANSFERS_ORDER):
        return call.visitor.credential.number
    raise NotPermitted(permission=Permission.TRANSFERS_READ.value)


def _status(text: str | None) -> Status | None:
    if text is None:
        return None
    try:
        return Status[text.upper()]
    except KeyError:
        known = ", ".join(status.name.lower() for status in Status)
        raise UnknownStatus(known=known) from None


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/transfers",
        name="listTransfers",
        summary="The newest transfers; without transfers:read those that this credential ordered.",
        handler=list_transfers,
        query=ListQuery,
        answers=TransferPage,
        permission=None,
    ),
    Operation(
        method="GET",
        path="/v1/transfers/{number}",
        name="readTransfer",
        summary="One transfer as it stands; names and accounts are masked.",
        handler=read_transfer,
        answers=TransferDetail,
        permission=None,
    ),
    Operation(
        method="GET",
        path="/v1/transfers/{number}/timeline",
        name="readTimeline",
        summary="Every control that one transfer passed and what was done with it, by layer.",
        handler=read_timeline,
        answers=Timeline,
        permission=None,
    ),
    Operation(
        method="GET",
        path="/v1/transfers/{number}/proof",
        name="readProof",
        summary="The proof of one transfer, restricted fields withheld (docs/formats.md).",
        handler=read_proof,
        query=ProofQuery,
        answers="application/json",
        permission=None,
    ),
)
