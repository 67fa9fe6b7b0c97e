"""Published checkpoints: one a size, never against the log's own past, thinned with time."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import errors

from countersign.audit import queries
from countersign.audit.actions import ForkedLog, publish, thin_checkpoints
from countersign.audit.checkpoint import Checkpoint, UnsignedNote, Verifier, open_checkpoint
from countersign.infra.database import Database, Role

ORIGIN = "log.example"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
LOG = Verifier(name=ORIGIN, public_key=KEY.public_key().public_bytes_raw())
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NOW_MS = 20_000 * DAY_MS


def head(size: int, root: bytes = b"r" * 32) -> Checkpoint:
    return Checkpoint(origin=ORIGIN, size=size, root=root)


def sizes(database: Database) -> list[int]:
    with database.connect(Role.READER) as reader:
        found = queries.checkpoints_between(reader, first=0, last=10**6, count_max=1000)
    return [row.size for row in found]


@pytest.mark.every_server
def test_a_checkpoint_is_signed_and_kept_once(database: Database) -> None:
    with database.connect(Role.GATE, autocommit=True) as gate:
        note = publish(gate, head(5), KEY, NOW_MS)
        assert publish(gate, head(5), KEY, NOW_MS + 9) == note
        publish(gate, head(6), KEY, NOW_MS + 10)
        assert queries.newest_checkpoint(gate) == queries.checkpoint_at(gate, 6)
    assert open_checkpoint(note, LOG) == head(5)
    assert sizes(database) == [5, 6]


def test_a_log_that_contradicts_its_past_is_refused(database: Database) -> None:
    with database.connect(Role.GATE, autocommit=True) as gate:
        publish(gate, head(5), KEY, NOW_MS)
        for other in (head(4), head(5, b"s" * 32), head(0)):
            with pytest.raises(ForkedLog):
                publish(gate, other, KEY, NOW_MS)
    assert sizes(database) == [5]


def test_a_log_never_goes_back_to_a_size_that_it_had(database: Database) -> None:
    """Though that size was published, with this very root: the log has been longer since."""
    with database.connect(Role.GATE, autocommit=True) as gate:
        publish(gate, head(4), KEY, NOW_MS)
        publish(gate, head(5), KEY, NOW_MS)
        with pytest.raises(ForkedLog) as refusal:
            publish(gate, head(4), KEY, NOW_MS)
    assert refusal.value.details == {"size": 5}


def test_a_checkpoint_of_another_key_does_not_stand_for_ours(database: Database) -> None:
    with database.connect(Role.GATE, autocommit=True) as gate:
        publish(gate, head(5), KEY, NOW_MS)
        with pytest.raises(UnsignedNote):
            publish(gate, head(5), Ed25519PrivateKey.generate(), NOW_MS)


def test_an_empty_log_has_nothing(database: Database) -> None:
    with database.connect(Role.APP) as app:
        assert queries.newest_checkpoint(app) is None
        assert queries.checkpoint_at(app, 1) is None
        assert queries.newest_tile(app) is None


def test_thinning_keeps_a_day_and_then_one_an_hour(database: Database) -> None:
    ages = [0, 5, HOUR_MS, DAY_MS - 1, DAY_MS + HOUR_MS + 1, DAY_MS + HOUR_MS + 2, 3 * DAY_MS + 1]
    with database.connect(Role.GATE, autocommit=True) as gate:
        for size, age in enumerate(sorted(ages, reverse=True)):
            publish(gate, head(size), KEY, NOW_MS - age)
        # Sizes 1 and 2 are of one hour, more than a day ago: the newer one stays.
        assert thin_checkpoints(gate, NOW_MS) == 1
        assert thin_checkpoints(gate, NOW_MS) == 0
    assert sizes(database) == [0, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("role", [Role.APP, Role.READER])
def test_only_the_gate_publishes(database: Database, role: Role) -> None:
    with database.connect(role, autocommit=True) as connection:
        with pytest.raises(errors.InsufficientPrivilege):
            publish(connection, head(5), KEY, NOW_MS)
        with pytest.raises(errors.InsufficientPrivilege):
            thin_checkpoints(connection, NOW_MS)


def test_nobody_changes_or_deletes_a_checkpoint(database: Database) -> None:
    with database.connect(Role.GATE, autocommit=True) as gate:
        publish(gate, head(5), KEY, NOW_MS)
        for statement in ("DELETE FROM audit.checkpoint", "UPDATE audit.checkpoint SET note = ''"):
            with pytest.raises(errors.InsufficientPrivilege):
                gate.execute(statement.encode())
