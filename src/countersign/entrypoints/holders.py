"""Reading back who holds an account: the inverse of what the gate's preparation sealed."""

import msgspec

from countersign.gate.preparation import HOLDER_PLACE
from countersign.vault.seal import open_sealed
from countersign.vault.subjects import SubjectKeys


def open_holder(keys: SubjectKeys, *, index: bytes, sealed: bytes) -> tuple[str, str]:
    """(name, account reference) of one account; whoever shows them masks them first."""
    opened = open_sealed(
        keys.find([index])[index].aead,
        instance=keys.instance,
        place=HOLDER_PLACE,
        row=index,
        subject=index,
        sealed=sealed,
    )
    return msgspec.msgpack.decode(opened, type=tuple[str, str])
