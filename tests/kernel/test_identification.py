"""What a party is known by: only lines of the standard, in its order."""

import pytest

from countersign.kernel.identification import MalformedIdentification, parse_identification

pytestmark = pytest.mark.fast

LEI = "OrgId/LEI 7LTWFZYICNSX8D621K86"
BORN = (
    "PrvtId/DtAndPlcOfBirth/BirthDt 1990-01-31\n"
    "PrvtId/DtAndPlcOfBirth/CityOfBirth 臺北\n"
    "PrvtId/DtAndPlcOfBirth/CtryOfBirth TW"
)


def test_each_line_is_a_path_and_a_value() -> None:
    text = f"OrgId/AnyBIC DEUTDEFF\n{LEI}\nOrgId/Othr/Id a b\nOrgId/Othr/SchmeNm/Cd CUST"
    assert parse_identification(text, field="debtor") == [
        (("OrgId", "AnyBIC"), "DEUTDEFF"),
        (("OrgId", "LEI"), "7LTWFZYICNSX8D621K86"),
        (("OrgId", "Othr", "Id"), "a b"),
        (("OrgId", "Othr", "SchmeNm", "Cd"), "CUST"),
    ]
    assert len(parse_identification(f"{BORN}\nPrvtId/Othr/Id 7", field="debtor")) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "LEI 7LTWFZYICNSX8D621K86",
        f"{LEI}\n",
        f"{LEI}\n\nOrgId/Othr/Id 7",
        f"{LEI}\nOrgId/AnyBIC DEUTDEFF",
        f"{LEI}\n{LEI}",
        f"{LEI}\nPrvtId/Othr/Id 7",
        "OrgId/LEI 7ltwfzyicnsx8d621k86",
        "OrgId/Othr/SchmeNm/Cd CUST",
        "OrgId/Othr/Id ",
        "OrgId/Othr/Id  7",
        "OrgId/Othr/Id 7 ",
        "OrgId/Othr/Id 7\x00",
        "OrgId/Othr/Id " + "7" * 36,
        "OrgId/Othr/Id 7\nOrgId/Othr/SchmeNm/Cd CUSTO",
        "OrgId/Othr/Id 7\nOrgId/Othr/Issr us\nOrgId/Othr/SchmeNm/Cd CUST",
        "\n".join(["OrgId/Othr/Id 7"] * 21),
        BORN.replace("1990-01-31", "yesterday"),
        BORN.replace(" TW", " Taiwan"),
        BORN.partition("\n")[0],
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_field(text: str) -> None:
    with pytest.raises(MalformedIdentification) as refused:
        parse_identification(text, field="creditor_identification")
    assert refused.value.details == {"field": "creditor_identification"}
