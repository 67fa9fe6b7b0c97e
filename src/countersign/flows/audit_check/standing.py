"""What stands: accounts, freezes, credentials, policies, holds, alerts, outbox, against the log.

The tables are projections; a gate compares them at load, this compares them with every row of the
log since the first. A row of the log is taken as it stands, also one that another check names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from countersign.alerts.model import Alert
from countersign.flows.audit_check.report import AuditReport, FaultKind
from countersign.gate.journal import standing as tables
from countersign.gate.journal.bridge import Connection
from countersign.gate.rows import CommandRow
from countersign.gate.standing import UNKNOWN_TIME, Standing, StandingAccount, account_hash
from countersign.transfers.model import TransferRow

_Values = Sequence[Any]  # In the order of the columns; of an account the bytes of its hash.


class StandingCheck:
    """Follows the rows, then compares the tables with what they leave standing."""

    def __init__(self, report: AuditReport) -> None:
        self._report = report
        self._standing = Standing()

    def take(self, rows: Iterable[TransferRow | CommandRow], batch_ms: int | None) -> None:
        """The rows of one batch in their order; no time where the batch is missing."""
        for row in rows:
            self._standing.take(row, batch_ms)

    def compare(self, connection: Connection) -> None:
        """Name every row that differs, is missing, or was never written."""
        self._compare_accounts(connection)
        self._compare_freezes(connection)
        self._compare_credentials(connection)
        self._compare_policies(connection)
        self._compare_holds(connection)
        self._compare_alerts(connection)
        self._compare_outbox(connection)

    def _compare_accounts(self, connection: Connection) -> None:
        found = tables.rows(connection, tables.SELECT_ACCOUNTS)
        stored = ((row[0], account_hash(StandingAccount(*row[1:]))) for row in found)
        self._compare(FaultKind.ACCOUNT_DIFFERS, "account", self._standing.accounts, stored)

    def _compare_freezes(self, connection: Connection) -> None:
        stored = _keyed(tables.rows(connection, tables.SELECT_FREEZES))
        wanted = {index: [number] for index, number in self._standing.freezes.items()}
        self._compare(FaultKind.FREEZE_DIFFERS, "freeze", wanted, stored, ("number",))

    def _compare_credentials(self, connection: Connection) -> None:
        stored = _keyed(tables.rows(connection, tables.SELECT_CREDENTIALS))
        wanted = {
            number: [
                *(c.name, c.verifier, ",".join(sorted(c.permissions)), c.is_active),
                *(c.expires_ms, ",".join(c.addresses)),
            ]
            for number, c in self._standing.credentials.items()
        }
        columns = ("name", "verifier", "permissions", "is_active", "expires_ms", "addresses")
        self._compare(FaultKind.CREDENTIAL_DIFFERS, "credential", wanted, stored, columns)

    def _compare_policies(self, connection: Connection) -> None:
        stored = _keyed(tables.rows(connection, tables.SELECT_POLICIES))
        wanted = {n: [p.content_hash, p.content_hash] for n, p in self._standing.policies.items()}
        self._compare(FaultKind.POLICY_DIFFERS, "policy", wanted, stored, ("hash", "content"))

    def _compare_holds(self, connection: Connection) -> None:
        stored = _keyed(tables.rows(connection, tables.SELECT_HOLDS))
        columns = ("owner", "reasons", "until_ms")
        wanted = self._standing.holds
        self._compare(FaultKind.HOLD_DIFFERS, "hold of transfer", wanted, stored, columns)

    def _compare_alerts(self, connection: Connection) -> None:
        stored = _keyed(tables.rows(connection, tables.SELECT_ALERTS))
        wanted = {
            number: [None if value == UNKNOWN_TIME else value for value in alert[1:]]
            for number, alert in self._standing.alerts.items()
        }
        self._compare(FaultKind.ALERT_DIFFERS, "alert", wanted, stored, Alert._fields[1:])

    def _compare_outbox(self, connection: Connection) -> None:
        """A released transfer that is not in the outbox would wait for ever, or too long."""
        waiting = self._standing.waiting
        for number, due_ms in tables.dispatch_times(connection, sorted(waiting)):
            if due_ms is None:
                what = f"released transfer {number} is not in the outbox"
                self._report.add(FaultKind.OUTBOX_MISSING, what)
            elif waiting[number] not in {None, due_ms}:
                what = f"released transfer {number} is due at another time"
                self._report.add(FaultKind.OUTBOX_DIFFERS, what)

    def _compare(
        self,
        kind: FaultKind,
        name: str,
        wanted: Mapping[Any, _Values],
        stored: Iterable[tuple[Any, _Values]],
        columns: Sequence[str] = (),
    ) -> None:
        missing = set(wanted)
        for key, values in stored:
            what = f"{name} {_shown(key)}"
            if key not in missing:
                self._report.add(kind, f"{what} is there, but no command made it")
                continue
            missing.remove(key)
            place = _first_difference(wanted[key], values)
            if place is not None:
                column = f" in {columns[place]}" if columns else ""
                self._report.add(kind, f"{what} differs{column}")
        for key in sorted(missing):
            self._report.add(kind, f"{name} {_shown(key)} is missing")


def _keyed(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, _Values]]:
    return ((row[0], row[1:]) for row in rows)


def _first_difference(wanted: _Values, values: _Values) -> int | None:
    """Where two rows differ first; what nobody can say (None) fits everything."""
    pairs = enumerate(zip(wanted, values, strict=True))
    return next((n for n, (want, have) in pairs if want is not None and want != have), None)


def _shown(key: object) -> str:
    return key.hex() if isinstance(key, bytes) else str(key)
