"""Reading credentials, for the app's role."""

from collections.abc import Iterable
from typing import Any

import psycopg

from countersign.access.model import BUILT_IN, actor_of
from countersign.kernel.actor import Actor

SELECT_NAMES = "SELECT number, name FROM access.credential WHERE number = ANY (%s)"


def actors(connection: psycopg.Connection[Any], numbers: Iterable[int]) -> dict[int, Actor]:
    """Who acted, by the number of the credential that was used."""
    names = {credential.number: credential.name for credential in BUILT_IN}
    names |= dict(connection.execute(SELECT_NAMES, [sorted(set(numbers) - names.keys())]))
    return {number: actor_of(number, name) for number, name in names.items()}
