"""Who may ask the gate for what, written down once more: every identity, every kind of command."""

from countersign.access.model import NO_TOKEN, Permission, verifier_of
from countersign.gate import requests
from countersign.gate.commands import (
    AcknowledgeAlert,
    Dispatch,
    Kind,
    RailStatus,
    ReceiveFile,
    RefusedIntake,
    Return,
    SetCredential,
)
from countersign.gate.commands import SetPolicy as SetPolicyCommand
from countersign.transfers.order import Order

# To keep the leaf of what was refused before it was decided needs no permission.
ANYONE = frozenset({Kind.REFUSED_INTAKE})
OPERATORS = ANYONE | {
    Kind.OPEN_ACCOUNT,
    Kind.FUND,
    Kind.CORRECT,
    Kind.REVERSE,
    Kind.CANCEL,
    Kind.HOLD,
    Kind.RELEASE,
    Kind.REJECT,
    Kind.FREEZE,
    Kind.UNFREEZE,
    Kind.SET_CREDENTIAL,
    Kind.SET_POLICY,
    Kind.ACKNOWLEDGE_ALERT,
    Kind.CLOSE_ALERT,
    Kind.REVEAL,
}
CONSOLES = ANYONE | {
    Kind.CANCEL,
    Kind.HOLD,
    Kind.RELEASE,
    Kind.REJECT,
    Kind.FREEZE,
    Kind.UNFREEZE,
    Kind.ACKNOWLEDGE_ALERT,
    Kind.CLOSE_ALERT,
    Kind.REVEAL,
}
WORKERS = ANYONE | {Kind.DISPATCH, Kind.RAIL_STATUS, Kind.RETURN}
CHANNELS = ANYONE | {Kind.ORDER, Kind.RECEIVE_FILE}
GATES = ANYONE | {Kind.TICK}
NO_TRANSFER = 10**9


def a_request(kind: Kind, account: str, *, credential: int) -> object:
    """A request of this kind that can be read, and that changes nothing where it is let through."""
    return {
        Kind.OPEN_ACCOUNT: requests.OpenAccountRequest(99, "EUR", account, "Nobody", 0),
        Kind.FUND: requests.FundRequest(account, 0, "EUR", "why"),
        Kind.CORRECT: requests.CorrectRequest(account, account, 5, "EUR", "why"),
        Kind.REVERSE: requests.ReverseRequest(NO_TRANSFER, "why"),
        Kind.ORDER: Order(
            channel="api",
            credential=credential,
            instructed_amount=5,
            currency="EUR",
            requested_execution_date="1999-01-01",
            debtor_account=account,
            creditor_account="OTHR:EXTN:1",
            creditor_name="Someone",
            creditor_agent="BNPAFRPP",
        ),
        Kind.CANCEL: requests.CancelRequest(NO_TRANSFER, "why"),
        Kind.HOLD: requests.HoldRequest(NO_TRANSFER, "me", 1, "why"),
        Kind.RELEASE: requests.ReleaseRequest(NO_TRANSFER, NO_TRANSFER, "why"),
        Kind.REJECT: requests.RejectRequest(NO_TRANSFER, "FRAD", "why"),
        Kind.DISPATCH: Dispatch(NO_TRANSFER),
        Kind.RAIL_STATUS: RailStatus(NO_TRANSFER, "settled", "", NO_TOKEN),
        Kind.RETURN: Return(NO_TRANSFER, NO_TOKEN, "R", 1, "EUR", "AC04", NO_TOKEN, ""),
        Kind.FREEZE: requests.FreezeRequest(account, "why"),
        Kind.UNFREEZE: requests.UnfreezeRequest(account, "why"),
        Kind.SET_CREDENTIAL: SetCredential(
            10**6, "mine", verifier_of("mine"), list(Permission), is_active=True
        ),
        Kind.SET_POLICY: SetPolicyCommand(b"{}"),
        Kind.ACKNOWLEDGE_ALERT: AcknowledgeAlert(NO_TRANSFER),
        Kind.CLOSE_ALERT: requests.CloseAlertRequest(NO_TRANSFER, "false_positive", "why"),
        Kind.REVEAL: requests.RevealRequest(NO_TRANSFER, "why"),
        Kind.RECEIVE_FILE: ReceiveFile(NO_TOKEN),
        Kind.TICK: [NO_TRANSFER, 0],
        Kind.REFUSED_INTAKE: RefusedIntake("account.malformed_iban"),
    }[kind]
