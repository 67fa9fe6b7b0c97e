"""The data class of every field that is stored, shown or exported; one without a class is refused.

Public may go anywhere; internal stays in the house; confidential goes to those who work on it;
restricted (who, which account, what for) is sealed at rest and masked on screens, and never enters
a log, a metric, an export in clear, or the text of a refusal. When in doubt, the stricter one.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from countersign.vault.errors import UnclassifiedField


class DataClass(StrEnum):
    """How carefully a field is treated, from least to most."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


def class_of(field: str) -> DataClass:
    """Look up a field by its dotted name, such as "order.debtor_name"."""
    data_class = FIELD_CLASSES.get(field)
    if data_class is None:
        raise UnclassifiedField(field=field)
    return data_class


# By area, alphabetically, one field a line: a change of class shows as one line of a diff.
FIELD_CLASSES: Mapping[str, DataClass] = MappingProxyType(
    {
        "account.balance": DataClass.CONFIDENTIAL,
        "account.blind_index": DataClass.CONFIDENTIAL,
        "account.currency": DataClass.INTERNAL,
        "account.frozen": DataClass.CONFIDENTIAL,
        "account.identification": DataClass.RESTRICTED,
        "account.limit": DataClass.CONFIDENTIAL,
        "account.number": DataClass.INTERNAL,
        "account.owner": DataClass.INTERNAL,
        "account.owner_name": DataClass.RESTRICTED,
        "audit.checkpoint": DataClass.PUBLIC,
        "audit.leaf_hash": DataClass.PUBLIC,
        "audit.proof": DataClass.INTERNAL,
        "credential.name": DataClass.INTERNAL,
        "credential.number": DataClass.INTERNAL,
        "credential.public_key": DataClass.INTERNAL,
        "credential.secret": DataClass.RESTRICTED,
        "decision.action": DataClass.CONFIDENTIAL,
        "decision.reasons": DataClass.CONFIDENTIAL,
        "file.content": DataClass.RESTRICTED,
        "file.id": DataClass.INTERNAL,
        "file.name": DataClass.RESTRICTED,
        "file.name_hash": DataClass.CONFIDENTIAL,
        "order.category_purpose": DataClass.CONFIDENTIAL,
        "order.channel": DataClass.INTERNAL,
        "order.charge_bearer": DataClass.INTERNAL,
        "order.credential": DataClass.INTERNAL,
        "order.creditor_account": DataClass.RESTRICTED,
        "order.creditor_address": DataClass.RESTRICTED,
        "order.creditor_agent": DataClass.CONFIDENTIAL,
        "order.creditor_identification": DataClass.RESTRICTED,
        "order.creditor_name": DataClass.RESTRICTED,
        "order.currency": DataClass.CONFIDENTIAL,
        "order.debtor_account": DataClass.RESTRICTED,
        "order.debtor_address": DataClass.RESTRICTED,
        "order.debtor_agent": DataClass.CONFIDENTIAL,
        "order.debtor_identification": DataClass.RESTRICTED,
        "order.debtor_name": DataClass.RESTRICTED,
        "order.digest": DataClass.INTERNAL,
        # The payer chooses the references, and people write names and accounts into them.
        "order.end_to_end_id": DataClass.RESTRICTED,
        "order.initiating_party": DataClass.RESTRICTED,
        "order.instructed_amount": DataClass.CONFIDENTIAL,
        "order.instruction_id": DataClass.RESTRICTED,
        "order.instruction_priority": DataClass.INTERNAL,
        "order.intermediary_agents": DataClass.CONFIDENTIAL,
        "order.local_instrument": DataClass.INTERNAL,
        "order.message_id": DataClass.RESTRICTED,
        "order.payment_information_id": DataClass.RESTRICTED,
        "order.purpose_code": DataClass.CONFIDENTIAL,
        "order.remittance_information": DataClass.RESTRICTED,
        "order.requested_execution_date": DataClass.CONFIDENTIAL,
        "order.seed": DataClass.RESTRICTED,
        "order.service_level": DataClass.INTERNAL,
        "order.status": DataClass.CONFIDENTIAL,
        "order.uetr": DataClass.INTERNAL,
        "order.ultimate_creditor": DataClass.RESTRICTED,
        "order.ultimate_debtor": DataClass.RESTRICTED,
        "party.address": DataClass.RESTRICTED,
        "party.birth_date": DataClass.RESTRICTED,
        "party.country": DataClass.CONFIDENTIAL,
        "party.email": DataClass.RESTRICTED,
        "party.id": DataClass.INTERNAL,
        "party.lei": DataClass.PUBLIC,
        "party.name": DataClass.RESTRICTED,
        "party.national_id": DataClass.RESTRICTED,
        "party.phone": DataClass.RESTRICTED,
        "posting.amount": DataClass.CONFIDENTIAL,
        "posting.value_date": DataClass.CONFIDENTIAL,
        "rule.definition": DataClass.CONFIDENTIAL,
        "rule.version": DataClass.INTERNAL,
        "token.value": DataClass.RESTRICTED,
    }
)
