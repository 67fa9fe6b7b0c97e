"""Schemas: the official file or none, from the operator or from a package that is not imported."""

import sys
from importlib.metadata import files
from pathlib import Path

import pytest
from lxml import etree
from tests.support.shared import shared_data

from countersign.infra.iso20022.errors import NoSchema
from countersign.infra.iso20022.schemas import WHEEL_FILES, find_schema, load_schema

pytestmark = pytest.mark.fast

PAIN_001 = "pain.001.001.09"
A_SCHEMA = """<xs:schema xmlns="urn:iso:std:iso:20022:tech:xsd:{0}"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"
  targetNamespace="urn:iso:std:iso:20022:tech:xsd:{0}">
  <xs:element name="Document" type="Document"/>
  <xs:complexType name="Document"><xs:sequence>
    <xs:element name="Thing" type="Thing"/>
  </xs:sequence></xs:complexType>
  <xs:simpleType name="Thing"><xs:restriction base="xs:string"/></xs:simpleType>
</xs:schema>"""


def _canonical(file: Path) -> bytes:
    parser = etree.XMLParser(remove_comments=True, remove_blank_text=True)
    return etree.tostring(etree.parse(file, parser), method="c14n")


def _packaged_messages() -> list[str]:
    found = [file for package in WHEEL_FILES for file in files(package) or ()]
    return sorted({file.stem for file in found if file.suffix == ".xsd"})


def test_the_packages_carry_what_is_read_here() -> None:
    for message in ("pain.001.001.03", PAIN_001, "pain.002.001.03"):
        assert find_schema(message, schema_dir=None).name == f"{message}.xsd"


def test_a_packaged_schema_is_taken_exactly_if_it_is_the_official_one() -> None:
    official = {file.stem: file for file in shared_data("iso20022/xsd").iterdir()}
    compared = 0
    for message in set(_packaged_messages()) & set(official):
        compared += 1
        packaged = [
            file
            for package in WHEEL_FILES
            for file in files(package) or ()
            if file.name == f"{message}.xsd"
        ]
        contents = {_canonical(Path(str(file.locate()))) for file in packaged}
        if contents == {_canonical(official[message])}:
            assert _canonical(find_schema(message, schema_dir=None)) in contents
        else:
            with pytest.raises(NoSchema):
                find_schema(message, schema_dir=None)
    assert compared >= 20


def test_no_code_of_the_packages_is_imported() -> None:
    load_schema(PAIN_001, schema_dir=None)
    assert not set(WHEEL_FILES) & set(sys.modules)


def test_the_operators_folder_comes_first(tmp_path: Path) -> None:
    folder = tmp_path / "our schemas"
    folder.mkdir()
    (folder / f"{PAIN_001}.xsd").write_text(A_SCHEMA.format(PAIN_001))
    assert find_schema(PAIN_001, schema_dir=folder).parent == folder
    assert find_schema("pain.001.001.03", schema_dir=folder).parent != folder


@pytest.mark.parametrize("content", [A_SCHEMA.format("pain.001.001.03"), "<no", ""])
def test_a_file_of_another_message_or_none_is_passed_over(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{PAIN_001}.xsd").write_text(content)
    assert find_schema(PAIN_001, schema_dir=tmp_path).parent != tmp_path


@pytest.mark.parametrize(
    "message", ["pain.001.001.99", "../pain.001.001.09", "", "pacs.002.001.12"]
)
def test_without_an_official_schema_the_refusal_says_what_to_set(message: str) -> None:
    with pytest.raises(NoSchema) as refused:
        find_schema(message, schema_dir=None)
    assert "COUNTERSIGN_SCHEMA_DIR" in refused.value.sentence()
    assert ".." not in refused.value.sentence()


def test_a_unit_is_validated_on_its_own(tmp_path: Path) -> None:
    (tmp_path / f"{PAIN_001}.xsd").write_text(A_SCHEMA.format(PAIN_001))
    schema = load_schema(PAIN_001, units=["Thing"], schema_dir=tmp_path)
    thing = etree.Element(f"{{{schema.namespace}}}Thing")
    assert schema.validator.validate(thing)
    assert not load_schema(PAIN_001, schema_dir=tmp_path).validator.validate(thing)


def test_a_schema_without_the_unit_or_that_is_none_is_no_schema(tmp_path: Path) -> None:
    file = tmp_path / f"{PAIN_001}.xsd"
    file.write_text(A_SCHEMA.format(PAIN_001))
    with pytest.raises(NoSchema):
        load_schema(PAIN_001, units=["Payment"], schema_dir=tmp_path)
    file.write_text(A_SCHEMA.format(PAIN_001).replace('base="xs:string"', 'base="xs:nothing"'))
    with pytest.raises(NoSchema):
        load_schema(PAIN_001, schema_dir=tmp_path)
