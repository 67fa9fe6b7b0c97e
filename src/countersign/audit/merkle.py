"""Merkle trees and their proofs, RFC 9162 section 2.1 with SHA-256. Pure.

Leaves and inner nodes are hashed under different prefixes, and a tree splits at the largest power
of two below its size. Verifying returns nothing and raises WrongProof for anything but the exact
proof: its input may be hostile, so types, lengths and the number of nodes are checked as well.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

from countersign.kernel.refusal import Kind, Refusal

HASH_BYTES = 32
SIZE_MAX = 2**63 - 1
EMPTY_ROOT = sha256(b"").digest()

# (level, index): the root of the full subtree over leaves index * 2**level up to the next one's.
NodeHash = Callable[[int, int], bytes]


class WrongProof(Refusal):
    """The proof does not hold for this tree head; fetch proof and signed head again and compare."""

    code = "audit.wrong_proof"
    kind = Kind.INVALID
    chinese = "此證明與該樹根不符；請重新取得證明與已簽署的樹根並加以比對。"


class OutsideLog(Refusal):
    """The log holds {size} entries and {asked} is not among them; ask for what the log holds."""

    code = "audit.outside_log"
    kind = Kind.NOT_FOUND
    chinese = "日誌共有 {size} 筆紀錄，不包含 {asked}；請查詢日誌內的紀錄。"


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Compute the root; an unpaired last node rises unchanged, which is the RFC's split."""
    if not leaf_hashes:
        return EMPTY_ROOT
    row = list(leaf_hashes)
    while len(row) > 1:
        unpaired = row[-1:] if len(row) % 2 else []
        pairs = zip(row[0::2], row[1::2], strict=False)
        row = [node_hash(left, right) for left, right in pairs] + unpaired
    return row[0]


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that the leaf at `index` is in the tree over all these leaves (RFC 9162, 2.1.3.1)."""
    return inclusion_path_from(_nodes_of(leaf_hashes), index=index, size=len(leaf_hashes))


def consistency_path(leaf_hashes: Sequence[bytes], size1: int) -> list[bytes]:
    """Prove that the first `size1` leaves are the older tree (RFC 9162, 2.1.4.1)."""
    return consistency_path_from(_nodes_of(leaf_hashes), size1=size1, size2=len(leaf_hashes))


def root_from(node: NodeHash, size: int) -> bytes:
    """Compute the root of the first `size` leaves from full subtrees."""
    if size < 0:
        raise OutsideLog(size=0, asked=size)
    return _range_root(node, start=0, end=size) if size else EMPTY_ROOT


def inclusion_path_from(node: NodeHash, *, index: int, size: int) -> list[bytes]:
    """Prove inclusion from full subtrees, without the leaves of the other branches at hand."""
    if not 0 <= index < size:
        raise OutsideLog(size=size, asked=index)
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(node, start=middle, end=end))
            end = middle
        else:
            path.append(_range_root(node, start=start, end=middle))
            start = middle
    return path[::-1]


def consistency_path_from(node: NodeHash, *, size1: int, size2: int) -> list[bytes]:
    """Prove consistency from full subtrees; the proof from an empty tree is empty."""
    if not 0 <= size1 <= size2:
        raise OutsideLog(size=size2, asked=size1)
    if size1 == 0:
        return []
    path = []
    start, end = 0, size2
    while size1 != end:
        middle = start + _split(end - start)
        if size1 <= middle:
            path.append(_range_root(node, start=middle, end=end))
            end = middle
        else:
            path.append(_range_root(node, start=start, end=middle))
            start = middle
    if start:  # Otherwise the old tree is this whole subtree, and the verifier has its root.
        path.append(_range_root(node, start=start, end=end))
    return path[::-1]


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf with this hash is at `index` of the tree (RFC 9162, 2.1.3.2)."""
    _check_shape(hashes=(leaf, root), sizes=(index, size), proof=proof)
    if index >= size:
        raise WrongProof(reason="index_outside_tree")
    number, last = index, size - 1
    computed = leaf
    for sibling in proof:
        if last == 0:
            raise WrongProof(reason="surplus_nodes")
        if number & 1 or number == last:
            computed = node_hash(sibling, computed)
            number, last = _skip_levels_without_sibling(number, last)
        else:
            computed = node_hash(computed, sibling)
        number, last = number >> 1, last >> 1
    if last != 0:
        raise WrongProof(reason="missing_nodes")
    if computed != root:
        raise WrongProof(reason="other_root")


def verify_consistency(
    *, size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `size2` begins with the tree of `size1` (RFC 9162, 2.1.4.2)."""
    _check_shape(hashes=(root1, root2), sizes=(size1, size2), proof=proof)
    if size1 > size2:
        raise WrongProof(reason="sizes_out_of_order")
    if size1 in {0, size2}:
        _verify_without_nodes(size1=size1, size2=size2, root1=root1, root2=root2, proof=proof)
        return
    # An old tree that is one full subtree is its own first node, so proofs leave it out.
    nodes = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    if not nodes:
        raise WrongProof(reason="missing_nodes")
    if _older_and_newer_root(size1=size1, size2=size2, nodes=nodes) != (root1, root2):
        raise WrongProof(reason="other_root")


def _older_and_newer_root(*, size1: int, size2: int, nodes: list[bytes]) -> tuple[bytes, bytes]:
    number, last = size1 - 1, size2 - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    older = newer = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            raise WrongProof(reason="surplus_nodes")
        if number & 1 or number == last:
            older = node_hash(sibling, older)
            newer = node_hash(sibling, newer)
            number, last = _skip_levels_without_sibling(number, last)
        else:
            newer = node_hash(newer, sibling)
        number, last = number >> 1, last >> 1
    if last != 0:
        raise WrongProof(reason="missing_nodes")
    return older, newer


def _verify_without_nodes(
    *, size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        raise WrongProof(reason="surplus_nodes")
    if size1 == 0 and root1 != EMPTY_ROOT:
        raise WrongProof(reason="other_root")
    if size1 == size2 and root1 != root2:
        raise WrongProof(reason="other_root")


def _check_shape(*, hashes: tuple[object, ...], sizes: tuple[object, ...], proof: object) -> None:
    if not all(_is_size(size) for size in sizes):
        raise WrongProof(reason="not_a_size")
    if not isinstance(proof, list | tuple):
        raise WrongProof(reason="not_a_list")
    if not all(_is_hash(value) for value in (*hashes, *proof)):
        raise WrongProof(reason="not_a_hash")


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SIZE_MAX


def _is_hash(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == HASH_BYTES


def _skip_levels_without_sibling(number: int, last: int) -> tuple[int, int]:
    # The last node of an odd row has no sibling there and rises until it is a right child.
    while number and not number & 1:
        number, last = number >> 1, last >> 1
    return number, last


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _range_root(node: NodeHash, *, start: int, end: int) -> bytes:
    # Full subtrees of falling size cover the range; joining from the right rebuilds the tree.
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(node(level, start >> level))
        start += 1 << level
    root = peaks.pop()
    while peaks:
        root = node_hash(peaks.pop(), root)
    return root


def _nodes_of(leaf_hashes: Sequence[bytes]) -> NodeHash:
    def node(level: int, index: int) -> bytes:
        return root_of(leaf_hashes[index << level : (index + 1) << level])

    return node
