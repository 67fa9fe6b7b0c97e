"""The seam for later checks: a check is an entry of CHECKS, what it reads is evidence."""

from collections.abc import Callable

import msgspec
import pytest
from tests.support.gate import Harness

from countersign.gate import checks
from countersign.gate.checks import Context, Evidence, Finding
from countersign.transfers.model import Action

pytestmark = pytest.mark.fast

LIMIT = 700_000


def score_above(limit: int) -> Callable[[Context], list[Finding]]:
    """A check of a model's score in millionths, recorded with the order before it was decided."""

    def check(context: Context) -> list[Finding]:
        for evidence in msgspec.msgpack.decode(context.evidence, type=list[Evidence]):
            if evidence.kind == "score" and int.from_bytes(evidence.content, "big") > limit:
                return [Finding(Action.HOLD, "models.score")]
        return []

    return check


def evidence_of(gate: Harness, score: int) -> bytes:
    attested = Evidence(checks.CHANNEL_CREDENTIAL, 1, gate.channel)
    scored = Evidence("score", 3, gate.channel, score.to_bytes(4, "big"))
    return msgspec.msgpack.encode([attested, scored])


PLAIN_CHECKS = checks.CHECKS


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Harness:
    monkeypatch.setattr(checks, "CHECKS", (*PLAIN_CHECKS, score_above(LIMIT)))
    return Harness().start().a_city()


def test_a_check_reads_its_evidence_and_its_finding_decides(gate: Harness) -> None:
    fine = gate.place(evidence=evidence_of(gate, LIMIT), salt="fine")
    odd = gate.place(evidence=evidence_of(gate, LIMIT + 1), salt="odd")
    assert (fine.outcome, fine.reasons) == ("released", "")
    assert (odd.outcome, odd.reasons) == ("held", "models.score")


def test_it_runs_again_at_dispatch_with_the_evidence_of_the_order(
    gate: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine, better = (
        gate.place(evidence=evidence_of(gate, score), salt=str(score)) for score in (LIMIT, 1)
    )
    assert {fine.outcome, better.outcome} == {"released"}
    gate.keep_snapshot()  # What was decided by other checks is not decided again by these.
    monkeypatch.setattr(checks, "CHECKS", (*PLAIN_CHECKS, score_above(LIMIT - 1)))
    again = gate.restarted().start()
    assert again.dispatch(fine.number).outcome == "held"
    assert again.engine.state.open[fine.number].reasons == "models.score"
    assert again.dispatch(better.number).outcome == "dispatched"
    # A release covers what it was held for, also with a gate that starts after it.
    again.release(fine.number)
    assert again.restarted().start().dispatch(fine.number).outcome == "dispatched"


def test_evidence_of_another_kind_is_no_factor(gate: Harness) -> None:
    only = msgspec.msgpack.encode([Evidence("score", 3, gate.channel, b"\x00")])
    assert gate.place(evidence=only).reasons == "sca.factor_missing"
