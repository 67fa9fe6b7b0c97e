"""Received files: sealed one by one, found again by id and by name, erased by id."""

import secrets

import psycopg
import pytest

from countersign.infra.database import Database, Role
from countersign.kernel.ids import id_text, new_id
from countersign.vault.errors import CannotOpen, SubjectErased, UnknownFile
from countersign.vault.files import SealedFiles
from countersign.vault.subjects import SubjectKeys

pytestmark = pytest.mark.postgres

CONTENT = b"<Document>Anna Okafor</Document>" * 1000


def test_a_file_comes_back_by_id_and_by_name(
    subject_keys: SubjectKeys, database: Database, instance: bytes
) -> None:
    files = SealedFiles(subject_keys)
    first, second, other = (new_id(1_700_000_000_000 + number) for number in range(3))
    with database.connect(Role.APP) as connection:
        for file_id, name in ((second, "pay.xml"), (first, "pay.xml"), (other, "pay2.xml")):
            files.keep(connection, file_id=file_id, name=name, content=CONTENT + file_id)
        rotated = subject_keys.keyset.with_new_blind_index()
    with (
        SubjectKeys(lambda: database.connect(Role.APP), rotated, instance) as later,
        database.connect(Role.APP) as connection,
    ):
        files = SealedFiles(later)
        assert files.read(connection, first) == CONTENT + first
        assert files.ids_named(connection, "pay.xml") == [first, second]
        assert files.ids_named(connection, "Pay.xml") == []


def test_a_file_is_kept_once(subject_keys: SubjectKeys, database: Database) -> None:
    file_id = secrets.token_bytes(16)
    with database.connect(Role.APP) as connection:
        SealedFiles(subject_keys).keep(connection, file_id=file_id, name="a", content=b"1")
        with pytest.raises(psycopg.errors.UniqueViolation):
            SealedFiles(subject_keys).keep(connection, file_id=file_id, name="a", content=b"2")


def test_an_unknown_file_is_refused(subject_keys: SubjectKeys, database: Database) -> None:
    file_id = secrets.token_bytes(16)
    with database.connect(Role.APP) as connection, pytest.raises(UnknownFile) as refused:
        SealedFiles(subject_keys).read(connection, file_id)
    assert refused.value.code == "vault.unknown_file"
    assert refused.value.details == {"file": id_text(file_id)}


def test_an_erased_or_exchanged_file_does_not_open(
    subject_keys: SubjectKeys, database: Database
) -> None:
    files = SealedFiles(subject_keys)
    one, other = secrets.token_bytes(16), secrets.token_bytes(16)
    with database.connect(Role.APP) as connection:
        for file_id in (one, other):
            files.keep(connection, file_id=file_id, name="a", content=CONTENT)
    with database.connect(Role.MIGRATOR) as connection:
        connection.execute(
            """UPDATE vault.sealed_file SET content =
               (SELECT content FROM vault.sealed_file WHERE id = %s) WHERE id = %s""",
            [other, one],
        )
    subject_keys.destroy(other)
    with database.connect(Role.APP) as connection:
        with pytest.raises(CannotOpen):
            files.read(connection, one)
        with pytest.raises(SubjectErased):
            files.read(connection, other)
