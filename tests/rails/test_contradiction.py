"""A report that says one status for the group and another for its transaction is no verdict."""

import pytest

from countersign.rails.errors import ContradictoryStatus
from countersign.rails.pacs002 import read_status

pytestmark = pytest.mark.fast


def a_report(*, of_group: str, of_transaction: str) -> bytes:
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10"><FIToFIPmtStsRpt>'
        "<GrpHdr><MsgId>R-1</MsgId><CreDtTm>2027-03-30T09:00:00Z</CreDtTm></GrpHdr>"
        "<OrgnlGrpInfAndSts><OrgnlMsgId>M-1</OrgnlMsgId>"
        f"<OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId><GrpSts>{of_group}</GrpSts>"
        f"</OrgnlGrpInfAndSts><TxInfAndSts><OrgnlTxId>T-1</OrgnlTxId><TxSts>{of_transaction}</TxSts>"
        "</TxInfAndSts></FIToFIPmtStsRpt></Document>"
    ).encode()


@pytest.mark.parametrize("pair", [("ACSC", "RJCT"), ("RJCT", "ACSC"), ("PDNG", "ACSC")])
def test_two_statuses_that_differ_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ContradictoryStatus) as refused:
        read_status(a_report(of_group=pair[0], of_transaction=pair[1]), schema_dir=None)
    assert refused.value.code == "rails.contradictory_status"


def test_two_statuses_that_agree_are_one() -> None:
    report = read_status(a_report(of_group="ACSC", of_transaction="ACSC"), schema_dir=None)
    assert (report.status, report.transaction_id) == ("ACSC", "T-1")
