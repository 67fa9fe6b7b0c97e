"""A page shows one moment of a verification, though it goes on while the page is made."""

import pytest

from countersign.entrypoints.console.proof_pages import Verification
from countersign.flows.audit_check.report import AuditReport, FaultKind

pytestmark = pytest.mark.fast


def test_what_was_seen_stays_when_the_verification_ends_meanwhile() -> None:
    verification = Verification()
    verification.is_running = True
    seen = verification.seen()
    report = AuditReport()
    report.add(FaultKind.ROW_DIFFERS, "7")
    verification.report, verification.is_running = report, False
    assert (seen.is_running, seen.report) == (True, None)
    now = verification.seen()
    assert (now.is_running, now.report) == (False, report)
