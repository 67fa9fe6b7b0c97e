"""Write the published test vectors of docs/vectors from fixed seeds: `make_vectors.py`.

Everything is derived from the words below, so the files change only when a format does.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from countersign.audit.checkpoint import Checkpoint, Verifier, sign_checkpoint
from countersign.audit.merkle import EMPTY_ROOT, inclusion_path, leaf_hash, root_of
from countersign.gate.batch import next_state_hash
from countersign.gate.commands import Kind
from countersign.gate.leaves import read_leaf
from countersign.gate.rows import (
    NO_DIGEST,
    ZERO_HASH,
    BatchKind,
    CommandRow,
    Header,
    command_leaf,
    order_leaf,
)
from countersign.kernel.digest import (
    Committer,
    OpenSide,
    Value,
    encode_value,
    salts_from,
)
from countersign.transfers.model import Action, Status, TransferRow
from countersign.transfers.order import ORDER_TABLE, Order, values_of

FOLDER = Path(__file__).parents[1] / "docs" / "vectors"
AT_MS = 1_800_000_000_123

Vectors = dict[str, Any]


def seed(word: str, length: int = 16) -> bytes:
    """Fixed bytes that a word stands for."""
    return sha256(f"countersign test vector/{word}".encode()).digest()[:length]


INSTANCE = seed("instance")
SEEDS = (seed("debtor"), seed("creditor"))

SMALL = Order(
    channel="api",
    credential=100,
    instructed_amount=1,
    currency="JPY",
    requested_execution_date="2027-01-15",
    debtor_account="IBAN:DE89370400440532013000",
    creditor_account="OTHR::4711",
    creditor_name="Bo",
)
FULL = Order(
    channel="pain001",
    credential=101,
    message_id="MSG-1",
    payment_information_id="PMT-1",
    instruction_id="INS-1",
    end_to_end_id="E2E-1",
    uetr="8a562c67-ca16-48ba-b074-65581be6f001",
    instructed_amount=10**15,
    currency="EUR",
    requested_execution_date="2027-01-18",
    initiating_party="Ada Holding",
    debtor_name="Zoë Ångström",
    debtor_account="IBAN:DE89370400440532013000",
    debtor_agent="DEUTDEFF",
    debtor_address="Taunusanlage 12, 60325 Frankfurt",
    debtor_identification="OrgId/LEI 7LTWFZYICNSX8D621K86",
    ultimate_debtor="Ada GmbH",
    creditor_name="王小明",
    creditor_account="IBAN:FR1420041010050500013M02606",
    creditor_agent="BNPAFRPP",
    intermediary_agents="COBADEFF\nUSABA:021000021",
    creditor_address="16 bd des Italiens, 75009 Paris",
    creditor_identification="PrvtId/Othr/Id 4711\nPrvtId/Othr/SchmeNm/Cd CUST",
    ultimate_creditor="Bo SARL",
    service_level="SEPA",
    local_instrument="INST",
    instruction_priority="HIGH",
    category_purpose="SUPP",
    purpose_code="GDDS",
    charge_bearer="SHAR",
    remittance_information="Invoice 4711",
)


def digest_vectors() -> Vectors:
    """docs/digest.md, step by step."""
    return {
        "format": "order v1",
        "instance": INSTANCE.hex(),
        "debtor_seed": SEEDS[0].hex(),
        "creditor_seed": SEEDS[1].hex(),
        "debtor_salts": _pieces(salts_from(SEEDS[0], len(ORDER_TABLE.fields)), 16),
        "creditor_salts": _pieces(salts_from(SEEDS[1], len(ORDER_TABLE.fields)), 16),
        "orders": [_order(values_of(SMALL)), _order(values_of(FULL))],
    }


def leaf_vectors() -> Vectors:
    """docs/formats.md: leaves, the log over them, a batch header and a checkpoint."""
    encoded = [encode_value(value) for value in values_of(FULL)]
    digest = Committer(ORDER_TABLE, INSTANCE).commit(encoded, SEEDS).digest
    order = TransferRow(
        number=1,
        credential=101,
        key=seed("key"),
        mac=seed("mac", 17),
        digest=digest,
        debtor=2,
        creditor=0,
        creditor_index=seed("creditor index"),
        amount=FULL.instructed_amount,
        currency=FULL.currency,
        execution_day=20_836,
        action=Action.HOLD,
        status=Status.HELD,
        reasons="rules.amount,rules.new_creditor",
        alerts="typologies.account_takeover=210",
        facts=bytes.fromhex("9300c0cf00000002540be400"),
        policy=1,
        evidence=b"evidence",
        debtor_side=b"sealed debtor side",
        creditor_side=b"sealed creditor side",
    )
    release = CommandRow(
        number=2,
        kind=Kind.RELEASE,
        credential=1,
        key=seed("key of the release"),
        mac=seed("mac of the release", 17),
        transfer=order.number,
        digest=digest,
        outcome="released",
        detail=b"",
        body=b"sealed body",
    )
    refused = CommandRow(
        number=0,
        kind=Kind.FREEZE,
        credential=100,
        key=seed("key of the freeze"),
        mac=seed("mac of the freeze", 17),
        transfer=0,
        digest=NO_DIGEST,
        outcome="access.not_permitted",
        detail=b"",
        body=b"body",
    )
    plain = order._replace(number=3, reasons="", action=Action.RELEASE, status=Status.RELEASED)
    leaves = [
        (refused._asdict(), command_leaf(refused, AT_MS)),
        (order._asdict(), order_leaf(order, AT_MS)),
        (release._asdict(), command_leaf(release, AT_MS)),
        (plain._asdict(), order_leaf(plain, AT_MS)),
    ]
    hashes = [leaf_hash(leaf) for _, leaf in leaves]
    return {
        "batch_ms": AT_MS,
        "leaves": [
            {
                "row": _plain(row),
                "leaf": leaf.hex(),
                "leaf_hash": leaf_hash(leaf).hex(),
                "shown": read_leaf(leaf).shown(),
            }
            for row, leaf in leaves
        ],
        "root": root_of(hashes).hex(),
        "paths": [[node.hex() for node in inclusion_path(hashes, n)] for n in range(len(hashes))],
        "batch": _batch(root_of(hashes)),
        "checkpoint": _checkpoint(root_of(hashes)),
    }


def texts() -> dict[str, str]:
    """File name and content of everything published."""
    made = {"digest.json": digest_vectors(), "leaf.json": leaf_vectors()}
    return {
        name: json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"
        for name, vectors in made.items()
    }


def _order(values: tuple[Value, ...]) -> Vectors:
    committer = Committer(ORDER_TABLE, INSTANCE)
    encoded = [encode_value(value) for value in values]
    digest, roots = committer.commit(encoded, SEEDS)
    return {
        "fields": [
            {
                "number": number,
                "name": field.name,
                "side": ORDER_TABLE.sides[field.side],
                "value": values[number],
                "encoded": encoded[number].hex(),
                "leaf": leaf,
            }
            for number, (field, leaf) in enumerate(
                zip(ORDER_TABLE.fields, _leaves(committer, values), strict=True)
            )
        ],
        "sides": {name: root.hex() for name, root in zip(ORDER_TABLE.sides, roots, strict=True)},
        "digest": digest.hex(),
    }


def _leaves(committer: Committer, values: tuple[Value, ...]) -> list[str]:
    """The commitment of each field, in the order of the table."""
    leaves: dict[str, str] = {}
    for side, of_side in enumerate(SEEDS):
        pairs = zip(ORDER_TABLE.fields, values, strict=True)
        mine = {field.name: value for field, value in pairs if field.side == side}
        made = committer.leaves(side, OpenSide(of_side, list(mine.values())))
        leaves.update(zip(mine, [leaf.hex() for leaf in made], strict=True))
    return [leaves[field.name] for field in ORDER_TABLE.fields]


def _batch(root: bytes) -> Vectors:
    gate = Ed25519PrivateKey.from_private_bytes(seed("gate key", 32))
    header = Header(
        seq=1,
        term=1,
        kind=BatchKind.NORMAL,
        batch_ms=AT_MS,
        first_number=0,
        leaves=4,
        prev_term=0,
        prev_root=EMPTY_ROOT,
        root=root,
        state_hash=next_state_hash(ZERO_HASH, root, b""),
    )
    message = header.signed_bytes(INSTANCE)
    return {
        "instance": INSTANCE.hex(),
        "public_key": gate.public_key().public_bytes_raw().hex(),
        "header": _plain(header._replace(signature=gate.sign(message))._asdict()),
        "signed_bytes": message.hex(),
    }


def _checkpoint(root: bytes) -> Vectors:
    key = Ed25519PrivateKey.from_private_bytes(seed("checkpoint key", 32))
    head = Checkpoint(origin="bank.example/countersign", size=4, root=root)
    log = Verifier(name=head.origin, public_key=key.public_key().public_bytes_raw())
    return {"verifier_key": log.text(), "note": sign_checkpoint(head, key)}


def _pieces(joined: bytes, length: int) -> list[str]:
    return [joined[at : at + length].hex() for at in range(0, len(joined), length)]


def _plain(values: Mapping[str, Any]) -> Vectors:
    return {
        name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
