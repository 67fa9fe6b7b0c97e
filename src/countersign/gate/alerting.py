"""Alerts in the gate: raised with a decision or by a return, acknowledged and closed by command."""

from countersign.alerts.errors import UnknownAlert
from countersign.alerts.model import Alert, AlertStatus, acknowledge, close
from countersign.gate.commands import AcknowledgeAlert, Answer, CloseAlert, Submission
from countersign.gate.context import Batch
from countersign.gate.state import OpenTransfer, State
from countersign.transfers.model import Decision


def raise_alert(batch: Batch, transfer: OpenTransfer, decision: Decision) -> None:
    """One alert for all typologies of a decision."""
    transfer.alerted = (*transfer.alerted, *decision.alerts)
    _keep(
        batch,
        Alert(
            batch.number,
            transfer.number,
            ",".join(decision.alerts),
            ",".join(decision.reasons),
            batch.batch_ms,
        ),
    )


def ask_for_a_look(batch: Batch, submission: Submission, transfer: int, codes: str) -> bool:
    """An alert that no typology raised: of transfer 0 where it is about none that is known.

    None where one that nobody has seen asks for the same already, which is the answer.
    """
    has_joined = not submission.raises_alone and batch.state.looks.has(transfer, codes)
    if not has_joined:
        _keep(batch, Alert(batch.number, transfer, "", codes, batch.batch_ms))
    return has_joined


def fresh(transfer: OpenTransfer, decision: Decision) -> Decision:
    """The decision without the alerts that were raised for this transfer before."""
    alerts = tuple(alert for alert in decision.alerts if alert not in transfer.alerted)
    return decision._replace(alerts=alerts)


def on_acknowledge(batch: Batch, submission: Submission, command: AcknowledgeAlert) -> Answer:
    alert = _find(batch.state, command.alert)
    _keep(batch, acknowledge(alert, by=batch.number))
    return batch.record(submission)


def on_close(batch: Batch, submission: Submission, command: CloseAlert) -> Answer:
    alert = _find(batch.state, command.alert)
    _keep(batch, close(alert, command.disposition, by=batch.number))
    return batch.record(submission)


def _find(state: State, number: int) -> Alert:
    alert = state.alerts.get(number)
    if alert is None:
        raise UnknownAlert
    return alert


def _keep(batch: Batch, alert: Alert) -> None:
    batch.changes.alerts[alert.number] = alert
    batch.state.looks.keep(alert)
    if alert.status == AlertStatus.CLOSED:
        del batch.state.alerts[alert.number]
    else:
        batch.state.alerts[alert.number] = alert
