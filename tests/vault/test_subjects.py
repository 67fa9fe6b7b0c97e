"""Data keys over a real database: made once, found again, bound, destroyed, moved to new epochs."""

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.vault.conftest import Folders

from countersign.infra.database import Database, Role
from countersign.kernel.ids import id_text
from countersign.kernel.invariant import InvariantBroken
from countersign.vault import store
from countersign.vault.errors import CannotOpen, SubjectErased, UnknownSubject
from countersign.vault.keyset import Keyset, create_keyset
from countersign.vault.protectors import KeyFileProtector
from countersign.vault.seal import open_sealed, seal
from countersign.vault.subjects import SubjectKey, SubjectKeys

pytestmark = pytest.mark.postgres

Opener = Callable[..., SubjectKeys]


@pytest.fixture
def another(database: Database, keyset: Keyset, instance: bytes) -> Iterator[Opener]:
    """Open more key holders of the same instance, as other processes would."""
    opened: list[SubjectKeys] = []

    def make(role: Role = Role.APP, keyset: Keyset = keyset, **options: int) -> SubjectKeys:
        keys = SubjectKeys(lambda: database.connect(role), keyset, instance, **options)
        opened.append(keys)
        return keys

    yield make
    for keys in opened:
        keys.close()


def subjects(count: int) -> list[bytes]:
    return [secrets.token_bytes(16) for _ in range(count)]


def sealed_with(key: SubjectKey, subject: bytes) -> bytes:
    return seal(
        key.aead,
        instance=b"",
        place="a.b.c",
        row=b"",
        subject=subject,
        epoch=key.epoch,
        plaintext=b"Anna Okafor",
    )


def opens(key: SubjectKey, subject: bytes, sealed: bytes) -> bool:
    try:
        opened = open_sealed(
            key.aead, instance=b"", place="a.b.c", row=b"", subject=subject, sealed=sealed
        )
    except CannotOpen:
        return False
    return opened == b"Anna Okafor"


def changed(database: Database, statement: str, *values: object) -> int:
    """Change a table as its owner can: a database administrator's hand."""
    with database.connect(Role.MIGRATOR) as connection:
        return connection.execute(statement.encode(), values).rowcount


@pytest.mark.every_server
def test_keys_are_made_once_and_found_again(subject_keys: SubjectKeys, another: Opener) -> None:
    anna, ben = subjects(2)
    made = subject_keys.ensure([anna, ben, anna])
    assert made.keys() == {anna, ben}
    sealed = sealed_with(made[anna], anna)
    assert not opens(made[ben], anna, sealed)
    for again in (
        subject_keys.ensure([anna])[anna],
        subject_keys.find([anna])[anna],
        another().ensure([anna])[anna],
        another(Role.GATE).find([anna])[anna],
    ):
        assert opens(again, anna, sealed)


def test_the_gate_makes_keys_too(another: Opener) -> None:
    (anna,) = subjects(1)
    sealed = sealed_with(another(Role.GATE).ensure([anna])[anna], anna)
    assert opens(another().find([anna])[anna], anna, sealed)


def test_nothing_asked_gives_nothing(subject_keys: SubjectKeys) -> None:
    assert subject_keys.ensure([]) == {}


def test_finding_makes_no_key(subject_keys: SubjectKeys, database: Database) -> None:
    anna, ben = subjects(2)
    subject_keys.ensure([anna])
    with pytest.raises(UnknownSubject) as refused:
        subject_keys.find([anna, ben])
    assert refused.value.code == "vault.unknown_subject"
    assert refused.value.details == {"subject": id_text(ben)}
    assert changed(database, "DELETE FROM vault.subject_key") == 1


def test_a_key_survives_the_rollback_of_its_caller(
    subject_keys: SubjectKeys, another: Opener, database: Database
) -> None:
    (anna,) = subjects(1)
    with database.connect(Role.APP) as connection:
        connection.execute("SELECT 1")
        sealed = sealed_with(subject_keys.ensure([anna])[anna], anna)
        connection.rollback()
    assert opens(another().find([anna])[anna], anna, sealed)


def test_a_batch_with_many_subjects_passes_a_small_cache(another: Opener) -> None:
    many = subjects(50)
    small = another(cache_size_max=3)
    made = small.ensure(many)
    assert made.keys() == set(many)
    assert len(small._cache._keys) == 3
    sealed = {subject: sealed_with(key, subject) for subject, key in made.items()}
    found = small.find(many)
    assert all(opens(found[subject], subject, sealed[subject]) for subject in many)


def test_the_longest_unused_key_leaves_the_cache_first(another: Opener) -> None:
    anna, ben, carl = subjects(3)
    small = another(cache_size_max=2)
    for subject in (anna, ben, anna, carl):
        small.ensure([subject])
    assert list(small._cache._keys) == [anna, carl]


def test_what_is_cached_needs_no_database(another: Opener, database: Database) -> None:
    (anna,) = subjects(1)
    keys = another()
    first = keys.ensure([anna])[anna]
    changed(database, "DELETE FROM vault.subject_key")
    assert keys.ensure([anna])[anna] is first


def test_threads_and_processes_agree_on_one_key_each(another: Opener) -> None:
    many = subjects(40)
    holders = [another() for _ in range(4)]
    start = threading.Barrier(8)

    def work(number: int) -> dict[bytes, SubjectKey]:
        order = many[number:] + many[:number]
        start.wait()
        made: dict[bytes, SubjectKey] = {}
        for first in range(0, len(order), 5):
            made |= holders[number % 4].ensure(order[first : first + 10])
        return made

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    for subject in many:
        sealed = sealed_with(results[0][subject], subject)
        assert all(opens(result[subject], subject, sealed) for result in results)


def test_an_erased_subject_stays_erased(subject_keys: SubjectKeys, another: Opener) -> None:
    anna, ben = subjects(2)
    subject_keys.ensure([anna, ben])
    subject_keys.destroy(anna)
    for use in (
        subject_keys.ensure,
        subject_keys.find,
        another().ensure,
        another(Role.GATE).find,
    ):
        with pytest.raises(SubjectErased) as refused:
            use([anna, ben])
        assert refused.value.code == "vault.subject_erased"
        assert refused.value.details == {"subject": id_text(anna)}
    assert subject_keys.ensure([ben]).keys() == {ben}


def test_erasing_empties_the_wrapped_key_and_keeps_the_date(
    subject_keys: SubjectKeys, database: Database
) -> None:
    (anna,) = subjects(1)
    subject_keys.ensure([anna])
    subject_keys.destroy(anna)
    query = "SELECT wrapped, destroyed_at >= created_at, destroyed_at FROM vault.subject_key"
    with database.connect(Role.APP, autocommit=True) as connection:
        before = connection.execute(query).fetchone()
        subject_keys.destroy(anna)
        assert connection.execute(query).fetchone() == before
    assert before is not None
    assert before[:2] == (None, True)


def test_who_has_no_key_is_not_erased(subject_keys: SubjectKeys) -> None:
    (anna,) = subjects(1)
    with pytest.raises(UnknownSubject):
        subject_keys.destroy(anna)
    subject_keys.ensure([anna])


def test_another_process_forgets_who_was_erased(subject_keys: SubjectKeys, another: Opener) -> None:
    anna, ben, carl = subjects(3)
    gate = another(Role.GATE)
    gate.ensure([anna, ben, carl])
    assert gate.forget_erased() == 0
    assert gate.forget_erased(every_seconds=1000) == 0
    for erased in (anna, ben):
        subject_keys.destroy(erased)
        assert gate.forget_erased(every_seconds=1000) == 0, "it asked a moment ago"
        assert gate.forget_erased() == 1
        assert gate.forget_erased() == 0
        with pytest.raises(SubjectErased):
            gate.ensure([erased])
    assert gate.ensure([carl]).keys() == {carl}


def test_an_erasure_that_commits_late_is_not_missed(
    subject_keys: SubjectKeys, another: Opener, database: Database
) -> None:
    late, early = subjects(2)
    gate = another(Role.GATE)
    gate.ensure([late, early])
    with database.connect(Role.APP) as connection:
        store.destroy_key(connection, late)
        subject_keys.destroy(early)
        assert gate.forget_erased() == 1
        connection.commit()
    assert gate.forget_erased() == 1
    with pytest.raises(SubjectErased):
        gate.find([late])


def test_no_reading_thread_brings_an_erased_key_back(subject_keys: SubjectKeys) -> None:
    def read(subject: bytes, start: threading.Barrier) -> None:
        start.wait()
        try:
            subject_keys.find([subject])
        except SubjectErased:
            return

    with ThreadPoolExecutor(3) as pool:
        for subject in subjects(40):
            subject_keys.ensure([subject])
            subject_keys._cache.drop([subject])
            start = threading.Barrier(4)
            readers = [pool.submit(read, subject, start) for _ in range(3)]
            start.wait()
            subject_keys.destroy(subject)
            for reader in readers:
                reader.result()
            with pytest.raises(SubjectErased):
                subject_keys.find([subject])


def test_a_destroyed_key_cannot_be_put_back(subject_keys: SubjectKeys, database: Database) -> None:
    (anna,) = subjects(1)
    subject_keys.ensure([anna])
    with database.connect(Role.APP) as connection:
        row = connection.execute("SELECT wrapped FROM vault.subject_key").fetchone()
        assert row is not None
    subject_keys.destroy(anna)
    for role in (Role.APP, Role.MIGRATOR):
        with (
            database.connect(role) as connection,
            pytest.raises(psycopg.errors.IntegrityConstraintViolation),
        ):
            connection.execute(
                "UPDATE vault.subject_key SET wrapped = %s, destroyed_at = NULL", row
            )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vault.subject_key SET wrapped = NULL",
        "UPDATE vault.subject_key SET destroyed_at = now()",
        "UPDATE vault.subject_key SET epoch = 0",
    ],
)
def test_no_row_is_half_destroyed(
    subject_keys: SubjectKeys, database: Database, statement: str
) -> None:
    subject_keys.ensure(subjects(1))
    with pytest.raises(psycopg.errors.CheckViolation):
        changed(database, statement)


def test_a_key_moved_to_another_row_does_not_unwrap(
    subject_keys: SubjectKeys, another: Opener, database: Database
) -> None:
    anna, ben = subjects(2)
    subject_keys.ensure([anna, ben])
    moved = """UPDATE vault.subject_key SET wrapped =
        (SELECT wrapped FROM vault.subject_key WHERE subject = %s) WHERE subject = %s"""
    assert changed(database, moved, ben, anna) == 1
    with pytest.raises(CannotOpen):
        another().find([anna])


def test_a_key_marked_with_another_epoch_does_not_unwrap(
    subject_keys: SubjectKeys, another: Opener, database: Database
) -> None:
    anna = subjects(1)
    subject_keys.ensure(anna)
    changed(database, "UPDATE vault.subject_key SET epoch = 2")
    with pytest.raises(CannotOpen):
        another().find(anna)


def test_another_instance_or_keyset_does_not_unwrap(
    subject_keys: SubjectKeys,
    another: Opener,
    database: Database,
    folders: Folders,
    protector: KeyFileProtector,
) -> None:
    anna = subjects(1)
    subject_keys.ensure(anna)
    elsewhere = SubjectKeys(lambda: database.connect(Role.APP), subject_keys.keyset, bytes(16))
    with elsewhere, pytest.raises(CannotOpen):
        elsewhere.find(anna)
    with pytest.raises(CannotOpen):
        another(keyset=create_keyset(folders.data / "other.json", protector)).find(anna)


def test_an_epoch_is_retired_after_its_keys_have_moved(
    subject_keys: SubjectKeys, another: Opener
) -> None:
    many = subjects(7)
    erased, *live = many
    sealed = {
        subject: sealed_with(key, subject) for subject, key in subject_keys.ensure(many).items()
    }
    subject_keys.destroy(erased)
    rotated = another(keyset=subject_keys.keyset.with_new_epoch())
    assert {key.epoch for key in rotated.find(live).values()} == {1}
    assert [rotated.rewrap(count_max=4) for _ in range(3)] == [4, 2, 0]
    assert {key.epoch for key in rotated.find(live).values()} == {2}
    retired = another(keyset=rotated.keyset.without_epoch(1))
    found = retired.find(live)
    assert {key.epoch for key in found.values()} == {2}
    assert all(opens(found[subject], subject, sealed[subject]) for subject in live)
    with pytest.raises(SubjectErased):
        retired.find([erased])


def test_a_key_of_a_newer_epoch_waits_for_the_newer_keyset(
    subject_keys: SubjectKeys, another: Opener
) -> None:
    anna = subjects(1)
    another(keyset=subject_keys.keyset.with_new_epoch()).ensure(anna)
    with pytest.raises(CannotOpen):
        subject_keys.find(anna)


def test_a_broken_connection_is_opened_anew(subject_keys: SubjectKeys, database: Database) -> None:
    anna, ben = subjects(2)
    sealed = sealed_with(subject_keys.ensure([anna])[anna], anna)
    with psycopg.connect(database.superuser_dsn(), autocommit=True) as superuser:
        ended = superuser.execute(
            """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
               WHERE datname = current_database() AND usename = 'countersign_app'"""
        ).fetchall()
    assert ended == [(True,)]
    subject_keys._cache.drop([anna])
    assert opens(subject_keys.ensure([anna, ben])[anna], anna, sealed)


def test_a_closed_holder_opens_again_when_needed(subject_keys: SubjectKeys) -> None:
    subject_keys.ensure(subjects(1))
    subject_keys.close()
    subject_keys.close()
    subject_keys.ensure(subjects(1))


def test_keys_are_durable_whatever_the_servers_default(
    subject_keys: SubjectKeys, database: Database
) -> None:
    with database.connect(Role.MIGRATOR, autocommit=True) as connection:
        connection.execute(
            f'ALTER DATABASE "{database.name}" SET synchronous_commit = off'.encode()
        )
    subject_keys.ensure(subjects(1))
    setting = subject_keys._line.run(
        lambda line: line.execute("SHOW synchronous_commit").fetchone()
    )
    assert setting == ("on",)


@pytest.mark.parametrize("subject", [b"", bytes(15), bytes(17)], ids=len)
def test_a_subject_of_another_length_is_a_bug(subject_keys: SubjectKeys, subject: bytes) -> None:
    for use in (subject_keys.ensure, subject_keys.find):
        with pytest.raises(InvariantBroken):
            use([subject])
    with pytest.raises(InvariantBroken):
        subject_keys.destroy(subject)


def test_a_key_never_shows(subject_keys: SubjectKeys) -> None:
    (anna,) = subjects(1)
    key = subject_keys.ensure([anna])[anna]
    assert repr(key) == "SubjectKey(epoch=1)"
    assert "AESGCM" not in repr(subject_keys)
