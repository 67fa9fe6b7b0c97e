"""Tokens: they resolve to their value, say nothing of it, and end with their subject."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countersign.infra.database import Database, Role
from countersign.vault.errors import CannotOpen, SubjectErased, UnclassifiedField, UnknownToken
from countersign.vault.subjects import SubjectKeys
from countersign.vault.tokens import Tokens

pytestmark = pytest.mark.postgres

ANNA = b"anna------------"
BEN = b"ben-------------"


def tokenised(keys: SubjectKeys, database: Database, subject: bytes, value: str) -> str:
    with database.connect(Role.APP) as connection:
        return Tokens(keys).tokenise(connection, subject=subject, field="party.name", value=value)


def resolved(keys: SubjectKeys, database: Database, token: str) -> str:
    with database.connect(Role.APP) as connection:
        return Tokens(keys).resolve(connection, token)


def test_a_token_resolves_to_its_value(subject_keys: SubjectKeys, database: Database) -> None:
    token = tokenised(subject_keys, database, ANNA, "王小明")
    assert resolved(subject_keys, database, token) == "王小明"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(alphabet=st.characters()))
def test_any_text_comes_back(subject_keys: SubjectKeys, database: Database, value: str) -> None:
    with database.connect(Role.APP) as connection:
        tokens = Tokens(subject_keys)
        token = tokens.tokenise(connection, subject=ANNA, field="party.name", value=value)
        assert tokens.resolve(connection, token) == value
        connection.rollback()


def test_equal_values_get_unlike_tokens(subject_keys: SubjectKeys, database: Database) -> None:
    tokens = {tokenised(subject_keys, database, ANNA, "Anna Okafor") for _ in range(5)}
    assert len(tokens) == 5
    assert all(token.startswith("tok_") and len(token) == 36 for token in tokens)


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        "tok_",
        "tok_" + "a" * 32,
        "tok_" + "a" * 31,
        "tok_" + "1" * 32,
        "x" * 36,
        "tok_" + "A" * 32,
    ],
)
def test_an_unknown_and_a_malformed_token_look_the_same(
    subject_keys: SubjectKeys, database: Database, spelling: str
) -> None:
    token = tokenised(subject_keys, database, ANNA, "Anna Okafor")
    for wrong in (spelling, token.upper(), token + "\n", token[4:]):
        with pytest.raises(UnknownToken) as refused:
            resolved(subject_keys, database, wrong)
        assert str(refused.value) == str(UnknownToken())
        assert refused.value.code == "vault.unknown_token"


def test_a_field_without_a_class_is_not_tokenised(
    subject_keys: SubjectKeys, database: Database
) -> None:
    with database.connect(Role.APP) as connection, pytest.raises(UnclassifiedField):
        Tokens(subject_keys).tokenise(connection, subject=ANNA, field="party.nonsense", value="x")


def test_erasing_the_subject_ends_its_tokens_only(
    subject_keys: SubjectKeys, database: Database
) -> None:
    of_anna = tokenised(subject_keys, database, ANNA, "Anna Okafor")
    of_ben = tokenised(subject_keys, database, BEN, "Ben Okafor")
    subject_keys.destroy(ANNA)
    with pytest.raises(SubjectErased):
        resolved(subject_keys, database, of_anna)
    assert resolved(subject_keys, database, of_ben) == "Ben Okafor"


@pytest.mark.parametrize(
    "swap",
    [
        "UPDATE vault.token SET field = 'party.email'",
        "UPDATE vault.token SET subject = %(ben)s",
        "UPDATE vault.token t SET sealed = o.sealed FROM vault.token o WHERE t.token <> o.token",
        "UPDATE vault.token SET sealed = ''",
    ],
)
def test_a_token_whose_row_was_changed_does_not_resolve(
    subject_keys: SubjectKeys, database: Database, swap: str
) -> None:
    tokens = [tokenised(subject_keys, database, ANNA, name) for name in ("Anna", "Okafor")]
    subject_keys.ensure([BEN])
    with database.connect(Role.MIGRATOR) as connection:
        connection.execute(swap.encode(), {"ben": BEN})
    for token in tokens:
        with pytest.raises(CannotOpen):
            resolved(subject_keys, database, token)
