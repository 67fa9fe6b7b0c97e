"""One database of a server: its four roles, their logins, and its closing to everyone else.

The migrator owns the database and everything in it; gate, app and reader hold what migrations grant
them and may not create, log in elsewhere by PUBLIC rights, or make temporary tables. Passwords are
random, kept in one secrets file, and reach the server as SCRAM verifiers only. Preparing a database
again changes nothing.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from countersign.infra.postgres.server import Server
from countersign.infra.secrets_file import SecretsFile
from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal

DEFAULT_NAME = "countersign"


class Role(StrEnum):
    """Who works in the database; the value is the login's name."""

    MIGRATOR = "countersign_migrator"
    GATE = "countersign_gate"
    APP = "countersign_app"
    READER = "countersign_reader"


class UnknownRolePassword(Refusal):
    """The role {role} exists, but its password is not the one in {file}.

    Copy that file from the machine that prepared the database, or set the role's password on the
    server and enter it there.
    """

    code = "database.unknown_role_password"
    kind = Kind.UNAVAILABLE
    chinese = (
        "資料庫伺服器上已有角色 {role}，但其密碼與 {file} 中的不符；"
        "請從準備資料庫的機器複製該檔案，或重設該角色的密碼並填入檔案。"
    )


class OverpoweredRole(Refusal):
    """The role {role} may do more on the database server than its work needs.

    Take from it whatever it has of superuser, creating roles or databases, replication and
    bypassing row security.
    """

    code = "database.overpowered_role"
    kind = Kind.FORBIDDEN
    chinese = (
        "角色 {role} 在資料庫伺服器上擁有超出其工作所需的權限；"
        "請移除其超級使用者、建立角色或資料庫、複寫及繞過資料列安全性等權限。"
    )


class AdministratorTooWeak(Refusal):
    """The login of COUNTERSIGN_DATABASE_URL may not create {name} on the database server.

    Give one that may create roles and databases, or create the four countersign roles and the
    database beforehand.
    """

    code = "database.administrator_too_weak"
    kind = Kind.FORBIDDEN
    chinese = (
        "COUNTERSIGN_DATABASE_URL 的登入身分無法在資料庫伺服器上建立 {name}；"
        "請提供可建立角色與資料庫的身分，或事先建立四個 countersign 角色與資料庫。"
    )


class UnsuitableDatabase(Refusal):
    """The database {name} is not countersign_migrator's, or not in UTF8 with collation C.

    Name another database, or recreate this one so.
    """

    code = "database.unsuitable"
    kind = Kind.CONFLICT
    chinese = (
        "資料庫 {name} 不屬於 countersign_migrator，或不是 UTF8 編碼與 C 定序；"
        "請改用其他資料庫，或依此重新建立。"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A prepared database and the logins to it."""

    name: str
    server: Server
    passwords: dict[Role, str] = field(repr=False)

    def dsn(self, role: Role) -> str:
        """Give the conninfo of one role; it carries the password."""
        return self.server.dsn(user=role, password=self.passwords[role], database=self.name)

    def connect(self, role: Role, *, autocommit: bool = False) -> psycopg.Connection:
        """Open a connection as one role."""
        return psycopg.connect(
            self.dsn(role), autocommit=autocommit, application_name=f"countersign {role.name}"
        )

    def superuser_dsn(self) -> str:
        """Give the superuser's conninfo for this database; embedded server only, for tests."""
        invariant(self.server.is_embedded, "no superuser of a server that someone else runs")
        return self.server.admin_dsn_of(self.name)


def prepare_database(server: Server, *, secrets_folder: Path, name: str = DEFAULT_NAME) -> Database:
    """Make the roles and the database where they are missing, and close the database to others."""
    secrets_file = SecretsFile(secrets_folder / "database.json")
    passwords = {role: secrets_file.get_or_make(role) for role in Role}
    database = Database(name=name, server=server, passwords=passwords)
    with server.administrate() as administrator:
        # Two processes that prepare at once take turns; the lock ends with the connection.
        administrator.execute("SELECT pg_advisory_lock(%s)", [_PREPARE_LOCK])
        for role in Role:
            _ensure_role(administrator, role, password=passwords[role])
        _ensure_database(administrator, name)
        for role in Role:
            _ensure_login(administrator, database, role, secrets_file)
        close_to_public(database)
    return database


def close_to_public(database: Database) -> None:
    """Leave nobody but the four roles able to connect, and nobody but the owner able to create."""
    users = sql.SQL(", ").join(sql.Identifier(role) for role in Role)
    with database.connect(Role.MIGRATOR) as connection:
        for statement in _CLOSE:
            connection.execute(
                sql.SQL(statement).format(database=sql.Identifier(database.name), users=users)
            )


def _ensure_role(administrator: psycopg.Connection, role: Role, *, password: str) -> None:
    row = administrator.execute(_ROLE_IS_OVERPOWERED, [role]).fetchone()
    if row is None:
        statement = _with_password(_CREATE_ROLE, administrator, role, password)
        try:
            administrator.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            raise AdministratorTooWeak(name=role) from None
    elif row[0]:
        raise OverpoweredRole(role=role)


def _ensure_database(administrator: psycopg.Connection, name: str) -> None:
    row = administrator.execute(_DATABASE_TRAITS, [name]).fetchone()
    if row is None:
        try:
            _create_database(administrator, name)
        except psycopg.errors.InsufficientPrivilege:
            raise AdministratorTooWeak(name=name) from None
    elif row != (Role.MIGRATOR.value, "UTF8", "C"):
        raise UnsuitableDatabase(name=name)


def _create_database(administrator: psycopg.Connection, name: str) -> None:
    # Who gives a database to a role must be a member of it, superusers apart; only for that long.
    row = administrator.execute(_IS_SUPERUSER).fetchone()
    is_superuser = row is not None and row[0]
    if not is_superuser:
        administrator.execute(sql.SQL(_JOIN).format(role=sql.Identifier(Role.MIGRATOR)))
    administrator.execute(
        sql.SQL(_CREATE_DATABASE).format(
            database=sql.Identifier(name), owner=sql.Identifier(Role.MIGRATOR)
        )
    )
    if not is_superuser:
        administrator.execute(sql.SQL(_LEAVE).format(role=sql.Identifier(Role.MIGRATOR)))


def _ensure_login(
    administrator: psycopg.Connection, database: Database, role: Role, secrets_file: SecretsFile
) -> None:
    try:
        database.connect(role).close()
    except psycopg.OperationalError:
        # On someone else's server another machine may use this login: not ours to change.
        if not database.server.is_embedded:
            raise UnknownRolePassword(role=role, file=str(secrets_file.path)) from None
        administrator.execute(
            _with_password(_CHANGE_ROLE, administrator, role, database.passwords[role])
        )


def _with_password(
    statement: LiteralString, connection: psycopg.Connection, role: Role, password: str
) -> sql.Composed:
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    return sql.SQL(statement).format(
        role=sql.Identifier(role), verifier=sql.Literal(verifier.decode())
    )


_PREPARE_LOCK = 0x434F554E54455253  # "COUNTERS": the same number in every version, for ever.

_ROLE_IS_OVERPOWERED = """
    SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
    FROM pg_catalog.pg_roles WHERE rolname = %s
"""
_CREATE_ROLE: LiteralString = "CREATE ROLE {role} LOGIN PASSWORD {verifier}"
_CHANGE_ROLE: LiteralString = "ALTER ROLE {role} LOGIN PASSWORD {verifier}"
_IS_SUPERUSER = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
_JOIN: LiteralString = "GRANT {role} TO CURRENT_USER"
_LEAVE: LiteralString = "REVOKE {role} FROM CURRENT_USER"
_DATABASE_TRAITS = """
    SELECT pg_get_userbyid(datdba)::text, pg_encoding_to_char(encoding)::text, datcollate::text
    FROM pg_catalog.pg_database WHERE datname = %s
"""
# The locale C sorts alike on every machine, so an index survives a move to another one.
_CREATE_DATABASE: LiteralString = """
    CREATE DATABASE {database} OWNER {owner} TEMPLATE template0
    ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'
"""
_CLOSE: tuple[LiteralString, ...] = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO {users}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
)
