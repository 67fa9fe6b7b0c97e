"""Every column that could hold text says here what it may hold; a new one needs a line."""

from countersign.infra.database import Database, Role

SEALED = {
    "accounts.account.holder",
    "channels.file.named",
    "transfers.transfer.creditor_side",
    "transfers.transfer.debtor_side",
    "vault.sealed_file.content",
    "vault.subject_key.wrapped",
    "vault.token.sealed",
}
# Hashes, keyed hashes, signatures, random keys: nothing can be read out of them.
OPAQUE = {
    "access.credential.verifier",
    "accounts.account.index",
    "accounts.account.party",
    "accounts.freeze.index",
    "audit.tile.hashes",
    "channels.file.id",
    "channels.file_part.file",
    *(f"gate.batch.{name}" for name in ("prev_root", "root", "signature", "state_hash")),
    *(f"gate.command.{name}" for name in ("digest", "key", "mac")),
    *(f"gate.request_key.{name}" for name in ("key", "mac")),
    "gate.snapshot.signature",
    "infra.migration.sha256",
    *(f"rails.sending.{name}" for name in ("digest", "transaction_id", "uetr")),
    *(f"rails.payment_return.{name}" for name in ("content_hash", "file_id", "meaning")),
    "rules.policy.hash",
    *(f"transfers.transfer.{name}" for name in ("creditor_index", "digest", "key", "mac")),
    "vault.sealed_file.id",
    "vault.sealed_file.name_hash",
    "vault.subject_key.subject",
    "vault.token.subject",
    "vault.token.token",
}
# Codes, numbers, names that the house gives, settings, public notes: no text of a customer.
PLAIN = {
    "access.credential.addresses",  # Networks of machines that the operator named.
    "access.credential.name",
    "access.credential.permissions",
    "accounts.account.currency",
    "alerts.alert.disposition",
    "alerts.alert.rules",
    "alerts.alert.typologies",
    "audit.checkpoint.note",
    *(
        f"channels.file.{name}"
        for name in ("group_status", "kind", "refusal", "statuses", "totals")
    ),
    "gate.command.body",  # A command, whose free text is sealed before it comes here.
    "gate.command.detail",
    "gate.command.outcome",
    "gate.snapshot.manifest",
    "gate.snapshot_part.content",  # The gate state, which has blind indexes only.
    "infra.migration.name",
    "ledger.posting.currency",
    "rails.payment_return.reason",
    "rails.sending.reason",
    "rails.sending.status",
    "rules.policy.content",
    "transfers.hold.owner",  # A role or a queue, by its pattern.
    "transfers.hold.reasons",
    "transfers.transfer.currency",
    "transfers.transfer.alerts",
    "transfers.transfer.evidence",
    "transfers.transfer.facts",  # Whole numbers that rules read; no rule reads restricted text.
    "transfers.transfer.reasons",
    "vault.token.field",
}
COLUMNS = """
SELECT n.nspname || '.' || c.relname || '.' || a.attname
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname !~ '^pg_|^information_schema$'
  AND format_type(a.atttypid, NULL) !~ '^(big|small)?int|^integer$|^boolean$|^timestamp'
"""


def test_every_column_that_could_hold_text_is_known(database: Database) -> None:
    with database.connect(Role.MIGRATOR) as connection:
        found = {name for (name,) in connection.execute(COLUMNS)}
    assert found == SEALED | OPAQUE | PLAIN
    assert not SEALED & OPAQUE | SEALED & PLAIN | OPAQUE & PLAIN
