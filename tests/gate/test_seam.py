"""The seam for later checks: a check is an entry of CHECKS, what it reads is evidence."""

import msgspec
import pytest
from tests.support.gate import Harness

from countersign.gate import checks
from countersign.gate.checks import Context, Evidence, Finding
from countersign.transfers.model import Action

pytestmark = pytest.mark.fast

LIMIT = 700_000


def score_low(context: Context) -> list[Finding]:
    """A model's score in millionths, recorded with the order before it was decided."""
    for evidence in msgspec.msgpack.decode(context.evidence, type=list[Evidence]):
        if evidence.kind == "score" and int.from_bytes(evidence.content, "big") > LIMIT:
            return [Finding(Action.HOLD, "models.score")]
    return []


def evidence_of(gate: Harness, score: int) -> bytes:
    attested = Evidence(checks.CHANNEL_CREDENTIAL, 1, gate.channel)
    scored = Evidence("score", 3, gate.channel, score.to_bytes(4, "big"))
    return msgspec.msgpack.encode([attested, scored])


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Harness:
    monkeypatch.setattr(checks, "CHECKS", (*checks.CHECKS, score_low))
    return Harness().start().a_city()


def test_a_check_reads_its_evidence_and_its_finding_decides(gate: Harness) -> None:
    fine = gate.place(evidence=evidence_of(gate, LIMIT), salt="fine")
    odd = gate.place(evidence=evidence_of(gate, LIMIT + 1), salt="odd")
    assert (fine.outcome, fine.reasons) == ("released", "")
    assert (odd.outcome, odd.reasons) == ("held", "models.score")


def test_it_runs_again_at_dispatch_and_after_a_restart(gate: Harness) -> None:
    odd = gate.place(evidence=evidence_of(gate, LIMIT + 1)).number
    gate.release(odd)
    again = gate.restarted().start()
    assert again.dispatch(odd).outcome == "dispatched"


def test_evidence_of_another_kind_is_no_factor(gate: Harness) -> None:
    only = msgspec.msgpack.encode([Evidence("score", 3, gate.channel, b"\x00")])
    assert gate.place(evidence=only).reasons == "sca.factor_missing"
