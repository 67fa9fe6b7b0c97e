"""The ledger's side: postings, balances and state hashes, as the committed rows demand them.

Where a row is known to be changed its posting is taken as it stands, so that one changed row is
one fault and not a trail of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from countersign.flows.audit_check.report import AuditReport, FaultKind
from countersign.gate.books import Books, Terms
from countersign.gate.rows import CommandRow, Header
from countersign.ledger.model import Posting
from countersign.transfers.model import TransferRow

_DISTRUSTED_MAX = 100_000


class LedgerCheck:
    """Follows the money batch by batch."""

    def __init__(self, report: AuditReport) -> None:
        self._report = report
        self._books = Books()
        self._distrusted: set[int] = set()
        self._has_doubts = False  # From the first fault on the signed state cannot be made again.

    def take(
        self,
        rows: Iterable[TransferRow | CommandRow],
        *,
        postings: Iterable[Posting],
        terms: Mapping[int, Terms],
        wrong: set[int],
    ) -> None:
        """The rows of one batch, with the postings that are stored for them."""
        if wrong:
            self._has_doubts = True
            if len(self._distrusted) < _DISTRUSTED_MAX:
                self._distrusted |= wrong
        stored = {(posting.number, posting.leg): posting for posting in postings}
        for row in rows:
            wanted = self._wanted(row, terms)
            have = stored.pop((row.number, 0), None)
            if self._is_known(row, terms):
                self._compare(row.number, wanted, have)
                have = wanted
            if have is not None:
                self._books.book([have])
        for number, leg in sorted(stored):
            self._report.add(FaultKind.POSTING_STRANGE, f"posting {leg} of command {number}")

    def close_batch(self, header: Header, before: Header | None, *, empty_state: bytes) -> None:
        """Hold the balances after a batch against its signed state hash."""
        previous = before.state_hash if before else empty_state
        made = self._books.state_hash_after(previous=previous, root=header.root)
        is_next = header.seq == (before.seq + 1 if before else 1)
        if made != header.state_hash and is_next and not self._has_doubts:
            self._has_doubts = True
            self._report.add(FaultKind.STATE_DIFFERS, f"the balances after batch {header.seq}")

    def compare_balances(self, stored: Sequence[tuple[int, int, int, int]]) -> None:
        """Hold the table of balances against the sums of the postings, and zero its currencies."""
        accounts = self._books.accounts
        sums: defaultdict[str, int] = defaultdict(int)
        for number, *values in stored:
            account = accounts.get(number)
            if account is None or [account.balance, account.held, account.floor] != values:
                self._report.add(FaultKind.BALANCE_DIFFERS, f"the balance of account {number}")
            sums[account.currency if account else "?"] += values[0]
        for number in sorted(accounts.keys() - {number for number, *_ in stored}):
            self._report.add(FaultKind.BALANCE_DIFFERS, f"account {number} has no balance")
        for currency, total in sorted(sums.items()):
            if total:
                self._report.add(FaultKind.CURRENCY_SUM, f"the balances in {currency}")

    def _wanted(self, row: TransferRow | CommandRow, terms: Mapping[int, Terms]) -> Posting | None:
        if isinstance(row, TransferRow):
            return self._books.order_posting(row)
        return self._books.command_posting(row, terms.get(row.transfer))

    def _is_known(self, row: TransferRow | CommandRow, terms: Mapping[int, Terms]) -> bool:
        if row.number in self._distrusted:
            return False
        if isinstance(row, TransferRow) or not row.transfer:
            return True
        if row.transfer in self._distrusted or row.transfer not in terms:
            return False
        if terms[row.transfer].digest != row.digest:
            what = f"command {row.number} and transfer {row.transfer}"
            self._report.add(FaultKind.DIGEST_DIFFERS, what)
            return False
        return True

    def _compare(self, number: int, wanted: Posting | None, have: Posting | None) -> None:
        if wanted == have:
            return
        self._has_doubts = True
        what = f"the posting of command {number}"
        if have is None:
            self._report.add(FaultKind.POSTING_MISSING, what)
        elif wanted is None:
            self._report.add(FaultKind.POSTING_STRANGE, what)
        else:
            pairs = zip(Posting._fields, wanted, have, strict=True)
            column = next(name for name, want, there in pairs if want != there)
            self._report.add(FaultKind.POSTING_DIFFERS, f"{what} in {column}")
