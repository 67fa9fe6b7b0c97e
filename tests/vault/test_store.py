"""Who may touch the schema vault, and that nothing in it is clear (I10)."""

import secrets

import psycopg
import pytest

from countersign.infra.database import Database, Role
from countersign.vault.files import SealedFiles
from countersign.vault.subjects import SubjectKeys
from countersign.vault.tokens import Tokens

pytestmark = pytest.mark.postgres

SUBJECT = b"subject---------"
READ_KEYS = "SELECT wrapped FROM vault.subject_key"
ADD_KEY = (
    "INSERT INTO vault.subject_key (subject, epoch, wrapped) VALUES ('0123456789abcdef', 1, '')"
)
DESTROY = "UPDATE vault.subject_key SET wrapped = NULL, destroyed_at = now()"
ADD_VALUE = """INSERT INTO vault.token (token, subject, field, sealed)
    VALUES ('0123456789abcdef0123', 'subject---------', 'party.name', '')"""
ADD_FILE = """INSERT INTO vault.sealed_file (id, name_hash, name_hash_version, content)
    VALUES ('subject---------', '0123456789abcdef', 1, '')"""
READ_VALUES = "SELECT * FROM vault.token"
READ_FILES = "SELECT * FROM vault.sealed_file"
REMOVE = "DELETE FROM vault.subject_key"
RENAME = "UPDATE vault.subject_key SET subject = '0123456789abcdef'"
CHANGE_VALUE = "UPDATE vault.token SET sealed = ''"
CHANGE_FILE = "UPDATE vault.sealed_file SET content = ''"
EMPTY = "TRUNCATE vault.subject_key CASCADE"
EVERY = (
    *(READ_KEYS, ADD_KEY, DESTROY, ADD_VALUE, ADD_FILE, READ_VALUES, READ_FILES),
    *(REMOVE, RENAME, CHANGE_VALUE, CHANGE_FILE, EMPTY),
)
ALLOWED = {
    Role.GATE: {READ_KEYS, ADD_KEY},
    Role.APP: {READ_KEYS, ADD_KEY, DESTROY, ADD_VALUE, ADD_FILE, READ_VALUES, READ_FILES},
    Role.READER: set[str](),
}


@pytest.mark.every_server
@pytest.mark.parametrize("role", ALLOWED)
def test_each_role_may_do_its_work_and_no_more(
    database: Database, subject_keys: SubjectKeys, role: Role
) -> None:
    subject_keys.ensure([SUBJECT])
    allowed = set()
    for statement in EVERY:
        with database.connect(role) as connection:
            try:
                connection.execute(statement.encode())
            except psycopg.errors.InsufficientPrivilege:
                pass
            else:
                allowed.add(statement)
            connection.rollback()
    assert allowed == ALLOWED[role]


def test_nothing_is_clear_in_the_tables(database: Database, subject_keys: SubjectKeys) -> None:
    name, file_name, content = "Anna Okafor", "salaries-okafor.xml", b"<Nm>Anna Okafor</Nm>"
    with database.connect(Role.APP) as connection:
        token = Tokens(subject_keys).tokenise(
            connection, subject=SUBJECT, field="party.name", value=name
        )
        SealedFiles(subject_keys).keep(
            connection, file_id=secrets.token_bytes(16), name=file_name, content=content
        )
    assert "Okafor" not in token
    with database.connect(Role.MIGRATOR) as connection:
        rows = [
            str(row)
            for table in ("subject_key", "token", "sealed_file")
            for row in connection.execute(f"SELECT t::text FROM vault.{table} t".encode())
        ]
    assert len(rows) == 4
    for clear in (b"okafor", b"Okafor", b"salaries", b"Anna"):
        assert not any(clear.decode() in row or clear.hex() in row for row in rows)
