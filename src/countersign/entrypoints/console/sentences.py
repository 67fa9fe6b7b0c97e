"""Codes in words, in the reader's language: reasons, typologies, and what a refusal says."""

from typing import Any

import psycopg

from countersign.kernel.refusal import Language, all_refusals
from countersign.rails import errors as rails_errors
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import Policy, decode_policy
from countersign.rules.queries import find_policy
from countersign.transfers import errors as transfers_errors

# Imported so that what speaks against a return is known here by its code.
SPEAKING = (rails_errors, transfers_errors)
_WORDS: dict[str, tuple[str, str]] = {
    "access.credential_revoked": (
        "The credential that ordered it is revoked",
        "下單所用的憑證已撤銷",
    ),
    "accounts.creditor_changed": (
        "The creditor has another account by now; order it again",
        "收款人帳戶已變更；請重新下單",
    ),
    "operator": ("A person stopped it", "由人員攔停"),
    "rules.facts_missing": (
        "The rules ask for what was not known when it was ordered",
        "規則所需的資料在下單時尚未記錄",
    ),
    "rules.frozen_side": ("An account of it is frozen", "其中一方帳戶已凍結"),
    "sca.factor_missing": (
        "No factor that the policy demands vouches for it",
        "缺少策略要求的驗證要素",
    ),
}


class Sentences:
    """What the codes of one policy mean, beside those of the house."""

    def __init__(self, policy: Policy | None, language: Language) -> None:
        self._language = language
        place = 1 if language == "zh" else 0
        self._known = {code: pair[place] for code, pair in _WORDS.items()}
        for part in (DEFAULT_POLICY, policy):
            if part is not None:
                self._known |= {r.code: (r.english, r.chinese)[place] for r in part.rules}
                self._known |= {t.code: (t.english, t.chinese)[place] for t in part.typologies}
        self.weights = {rule.code: rule.weight for rule in policy.rules} if policy else {}

    def of(self, code: str) -> str:
        """The sentence of a code, or the code where none is known."""
        known = self._known.get(code)
        if known:
            return known
        for refusal in all_refusals():
            if refusal.code == code:
                return refusal().sentence(self._language)
        return code


def sentences(connection: psycopg.Connection[Any], language: Language) -> Sentences:
    """Those of the policy in force."""
    row = find_policy(connection, None)
    return Sentences(decode_policy(row.content) if row else None, language)
