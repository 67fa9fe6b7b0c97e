"""What the codes of the policy in force mean, for a page."""

from typing import Any

import psycopg

from countersign.flows.tell_reasons import Sentences
from countersign.kernel.refusal import Language
from countersign.rules.model import decode_policy
from countersign.rules.queries import find_policy


def sentences(connection: psycopg.Connection[Any], language: Language) -> Sentences:
    """Those of the policy in force."""
    row = find_policy(connection, None)
    return Sentences(decode_policy(row.content) if row else None, language)
