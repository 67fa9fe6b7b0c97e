"""/v1/accounts and /v1/parties: open, fund, list, read the entries of the ledger."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec

from countersign.access.model import Permission
from countersign.accounts.model import AccountKind
from countersign.entrypoints.api.deciding import Reason
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.api.errors import UnknownAccountNumber, UnknownParty
from countersign.entrypoints.api.naming import naming
from countersign.entrypoints.api.ordering import AccountText, AmountText, CurrencyText
from countersign.entrypoints.web.reading import Connection
from countersign.flows.list_accounts import (
    AccountListed,
    Entry,
    PartyListed,
    first_accounts,
    first_parties,
    newest_entries,
)
from countersign.gate.commands import Kind
from countersign.gate.requests import FundRequest, OpenAccountRequest
from countersign.kernel.account import canonical, written_reference
from countersign.kernel.money import Money

PAGE_MAX = 200
_PARTY_BYTES = 16
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account: AccountText
    currency: CurrencyText
    holder: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    kind: Literal["customer", "settlement"] = "customer"
    overdraft: AmountText = "0"
    party: Annotated[str, msgspec.Meta(max_length=64)] = ""


class AccountOpened(msgspec.Struct, frozen=True, kw_only=True):
    account: int


class Funding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account: AccountText
    amount: AmountText
    currency: CurrencyText
    reason: Reason


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    command: int


class AccountPage(msgspec.Struct, frozen=True, kw_only=True):
    accounts: list[AccountListed]
    next_after: int | None


class EntryPage(msgspec.Struct, frozen=True, kw_only=True):
    account: int
    entries: list[Entry]
    next_before: int | None


class PartyPage(msgspec.Struct, frozen=True, kw_only=True):
    parties: list[PartyListed]
    next_after: str | None


class AccountQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    after: Number = 0
    party: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", max_length=32)] | None = None
    limit: Limit = 50


class EntryQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    before: Number | None = None
    limit: Limit = 50


class PartyQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    after: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", max_length=32)] | None = None
    limit: Limit = 50


async def open_account(desk: Desk, call: Call) -> AccountOpened:
    body: NewAccount = call.body
    with naming("account"):
        reference = canonical(written_reference(body.account))
    with naming("overdraft"):
        overdraft = Money.parse(body.overdraft, currency=body.currency, can_be_zero=True)
    request = OpenAccountRequest(
        AccountKind[body.kind.upper()],
        body.currency,
        reference,
        body.holder,
        overdraft.minor_units,
        body.party,
    )
    answer = await desk.ask(call, Kind.OPEN_ACCOUNT, request)
    return AccountOpened(account=msgspec.msgpack.decode(answer.detail, type=int))


async def fund(desk: Desk, call: Call) -> Booked:
    body: Funding = call.body
    with naming("account"):
        reference = canonical(written_reference(body.account))
    with naming("amount"):
        amount = Money.parse(body.amount, currency=body.currency)
    request = FundRequest(reference, amount.minor_units, body.currency, body.reason)
    return Booked(command=(await desk.ask(call, Kind.FUND, request)).number)


async def list_accounts(desk: Desk, call: Call) -> AccountPage:
    query: AccountQuery = call.query

    def read(connection: Connection) -> list[AccountListed]:
        return first_accounts(
            connection,
            keys=desk.keys,
            limit=query.limit + 1,
            after=query.after,
            party=bytes.fromhex(query.party) if query.party else None,
        )

    found = await desk.read(read)
    page, rest = found[: query.limit], found[query.limit :]
    return AccountPage(accounts=page, next_after=page[-1].number if rest else None)


async def read_account(desk: Desk, call: Call) -> AccountListed:
    def read(connection: Connection) -> list[AccountListed]:
        return first_accounts(connection, keys=desk.keys, limit=1, number=call.number)

    found = await desk.read(read)
    if not found:
        raise UnknownAccountNumber(number=call.number)
    return found[0]


async def list_entries(desk: Desk, call: Call) -> EntryPage:
    query: EntryQuery = call.query
    await read_account(desk, call)

    def read(connection: Connection) -> list[Entry]:
        return newest_entries(
            connection, account=call.number, limit=query.limit + 1, before=query.before
        )

    found = await desk.read(read)
    page, rest = found[: query.limit], found[query.limit :]
    last = page[-1].number if rest else None
    return EntryPage(account=call.number, entries=page, next_before=last)


async def list_parties(desk: Desk, call: Call) -> PartyPage:
    query: PartyQuery = call.query
    after = bytes.fromhex(query.after) if query.after else b""

    def read(connection: Connection) -> list[PartyListed]:
        return first_parties(connection, keys=desk.keys, limit=query.limit + 1, after=after)

    found = await desk.read(read)
    page, rest = found[: query.limit], found[query.limit :]
    return PartyPage(parties=page, next_after=page[-1].party if rest else None)


async def read_party(desk: Desk, call: Call) -> PartyListed:
    try:
        party = bytes.fromhex(call.request.path_params["party"])
    except ValueError:
        raise UnknownParty from None
    if len(party) != _PARTY_BYTES:
        raise UnknownParty

    def read(connection: Connection) -> list[PartyListed]:
        return first_parties(connection, keys=desk.keys, limit=1, party=party)

    found = await desk.read(read)
    if not found:
        raise UnknownParty
    return found[0]


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/accounts",
        name="openAccount",
        summary="Open an account.",
        handler=open_account,
        takes=NewAccount,
        answers=AccountOpened,
        status=HTTPStatus.CREATED,
        permission=Permission.ACCOUNTS_OPEN,
        is_keyed=True,
    ),
    Operation(
        method="POST",
        path="/v1/accounts/fund",
        name="fundAccount",
        summary="Book money that came in from outside.",
        handler=fund,
        takes=Funding,
        answers=Booked,
        permission=Permission.ACCOUNTS_FUND,
        is_keyed=True,
    ),
    Operation(
        method="GET",
        path="/v1/accounts",
        name="listAccounts",
        summary="Accounts by number; holders and account numbers are masked.",
        handler=list_accounts,
        query=AccountQuery,
        answers=AccountPage,
        permission=Permission.ACCOUNTS_READ,
    ),
    Operation(
        method="GET",
        path="/v1/accounts/{number}",
        name="readAccount",
        summary="One account with its balances.",
        handler=read_account,
        answers=AccountListed,
        permission=Permission.ACCOUNTS_READ,
    ),
    Operation(
        method="GET",
        path="/v1/accounts/{number}/entries",
        name="listEntries",
        summary="The newest entries of an account in the ledger.",
        handler=list_entries,
        query=EntryQuery,
        answers=EntryPage,
        permission=Permission.ACCOUNTS_READ,
    ),
    Operation(
        method="GET",
        path="/v1/parties",
        name="listParties",
        summary="Who holds accounts here, each by a keyed hash, masked.",
        handler=list_parties,
        query=PartyQuery,
        answers=PartyPage,
        permission=Permission.ACCOUNTS_READ,
    ),
    Operation(
        method="GET",
        path="/v1/parties/{party}",
        name="readParty",
        summary="One party; `/v1/accounts?party=` lists its accounts.",
        handler=read_party,
        answers=PartyListed,
        permission=Permission.ACCOUNTS_READ,
    ),
)
