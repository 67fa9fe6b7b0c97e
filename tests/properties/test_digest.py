"""The digest of an order (I4): any field binds, any subset proves, nothing gives the seed away."""

from dataclasses import replace
from hashlib import sha256, shake_128

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.kernel.digest import (
    SALT_BYTES,
    Committer,
    Disclosure,
    OpenSide,
    SideRoot,
    Value,
    WrongDisclosure,
    encode_value,
)
from countersign.transfers.order import ORDER_TABLE

pytestmark = pytest.mark.fast

INSTANCE = b"\x22" * 16
COMMITTER = Committer(ORDER_TABLE, INSTANCE)
NAMES = tuple(field.name for field in ORDER_TABLE.fields)
COUNT = len(NAMES)
MANY = settings(max_examples=60, deadline=None)

values = st.one_of(
    st.none(),
    st.text(max_size=40, alphabet=st.characters(exclude_categories=["Cs"])),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
)
orders = st.lists(values, min_size=COUNT, max_size=COUNT)
seed = st.binary(min_size=16, max_size=16)
seeds = st.tuples(seed, seed)
places = st.integers(min_value=0, max_value=COUNT - 1)
subsets = st.sets(st.sampled_from(NAMES))


def digest_of(order: list[Value], of_seeds: tuple[bytes, bytes]) -> bytes:
    return COMMITTER.commit([encode_value(value) for value in order], of_seeds).digest


def sides_of(order: list[Value], of_seeds: tuple[bytes, bytes]) -> list[OpenSide]:
    return [
        OpenSide(
            of_side,
            [
                value
                for field, value in zip(ORDER_TABLE.fields, order, strict=True)
                if field.side == side
            ],
        )
        for side, of_side in enumerate(of_seeds)
    ]


def names_withheld(names: set[str]) -> set[str]:
    """What stands among the withheld when these are shown: a side whole, or its other fields."""
    out: set[str] = set()
    for side, side_name in enumerate(ORDER_TABLE.sides):
        members = {field.name for field in ORDER_TABLE.fields if field.side == side}
        out |= members - names if members & names else {side_name}
    return out


@MANY
@given(orders, seeds, values, places)
def test_i4_changing_any_field_gives_another_digest(
    order: list[Value], of_seeds: tuple[bytes, bytes], value: Value, at: int
) -> None:
    changed = [*order[:at], value, *order[at + 1 :]]
    is_same = encode_value(order[at]) == encode_value(value)
    assert (digest_of(changed, of_seeds) == digest_of(order, of_seeds)) is is_same


@pytest.mark.parametrize("at", range(COUNT), ids=NAMES)
def test_i4_each_field_of_the_table_binds(at: int) -> None:
    of_seeds = (b"d" * 16, b"c" * 16)
    order: list[Value] = [f"value {n}" for n in range(COUNT)]
    seen = {digest_of(order, of_seeds)}
    others: tuple[Value, ...] = (None, "", "value", f"value {at} ", at + 1, 0)
    for value in others:
        seen.add(digest_of([*order[:at], value, *order[at + 1 :]], of_seeds))
    assert len(seen) == 1 + len(others)


@MANY
@given(orders, seeds, places, places)
def test_i4_values_do_not_move_between_fields(
    order: list[Value], of_seeds: tuple[bytes, bytes], one: int, other: int
) -> None:
    moved = list(order)
    moved[one], moved[other] = moved[other], moved[one]
    is_same = encode_value(order[one]) == encode_value(order[other])
    assert (digest_of(moved, of_seeds) == digest_of(order, of_seeds)) is is_same


@MANY
@given(orders, seeds, seed)
def test_another_seed_or_instance_gives_another_digest(
    order: list[Value], of_seeds: tuple[bytes, bytes], fresh: bytes
) -> None:
    digest = digest_of(order, of_seeds)
    for changed in ((fresh, of_seeds[1]), (of_seeds[0], fresh)):
        assert (digest_of(order, changed) == digest) is (changed == of_seeds)
    elsewhere = Committer(ORDER_TABLE, b"\x23" * 16)
    assert elsewhere.commit([encode_value(value) for value in order], of_seeds).digest != digest


def test_another_version_or_name_of_the_table_gives_another_digest() -> None:
    encoded, of_seeds = [encode_value("x")] * COUNT, (b"d" * 16, b"c" * 16)
    tables = (ORDER_TABLE, replace(ORDER_TABLE, version=2), replace(ORDER_TABLE, name="batch"))
    digests = {Committer(table, INSTANCE).commit(encoded, of_seeds).digest for table in tables}
    assert len(digests) == len(tables)


@MANY
@given(orders, seeds)
def test_the_digest_is_what_the_format_says(
    order: list[Value], of_seeds: tuple[bytes, bytes]
) -> None:
    leaves: list[list[bytes]] = [[], []]
    for number, (field, value) in enumerate(zip(ORDER_TABLE.fields, order, strict=True)):
        stream = shake_128(b"countersign/salt/v1\x00" + of_seeds[field.side]).digest(16 * COUNT)
        salt = stream[16 * number : 16 * number + 16]
        leaves[field.side].append(by_the_format(number, salt, encode_value(value)))
    domain = b"countersign/order/v1\x00" + INSTANCE
    roots = b""
    for side, of_side in enumerate(leaves):
        head = domain + side.to_bytes(2, "big") + len(of_side).to_bytes(2, "big")
        roots += sha256(b"\x01" + head + b"".join(of_side)).digest()
    assert digest_of(order, of_seeds) == sha256(b"\x02" + domain + b"\x00\x02" + roots).digest()


@MANY
@given(orders, seeds, subsets)
def test_any_subset_verifies_and_says_what_was_ordered(
    order: list[Value], of_seeds: tuple[bytes, bytes], names: set[str]
) -> None:
    disclosure = COMMITTER.disclose(sides_of(order, of_seeds), names)
    shown = COMMITTER.verify(disclosure, digest_of(order, of_seeds))
    assert shown == {name: order[NAMES.index(name)] for name in names}


@MANY
@given(orders, seeds, subsets, st.sampled_from([0, 1]))
def test_the_root_of_an_erased_side_is_enough_to_prove_the_other(
    order: list[Value], of_seeds: tuple[bytes, bytes], names: set[str], erased: int
) -> None:
    sides: list[OpenSide | SideRoot] = [*sides_of(order, of_seeds)]
    sides[erased] = COMMITTER.root_of(erased, sides[erased])
    disclosure = COMMITTER.disclose(sides, names)
    shown = COMMITTER.verify(disclosure, digest_of(order, of_seeds))
    left = {field.name for field in ORDER_TABLE.fields if field.side != erased}
    assert set(shown) == names & left


@MANY
@given(orders, seeds)
def test_a_side_does_not_stand_for_the_other_nor_a_leaf_for_a_side(
    order: list[Value], of_seeds: tuple[bytes, bytes]
) -> None:
    digest = digest_of(order, of_seeds)
    debtor, creditor = (
        COMMITTER.root_of(side, part) for side, part in enumerate(sides_of(order, of_seeds))
    )
    assert (
        COMMITTER.verify(
            Disclosure(revealed={}, withheld={"debtor": debtor, "creditor": creditor}), digest
        )
        == {}
    )
    leaf = COMMITTER.leaves(0, sides_of(order, of_seeds)[0])[0]
    for wrong in (
        {"debtor": creditor, "creditor": debtor},
        {"debtor": leaf, "creditor": creditor},
        {"debtor": debtor},
        {"debtor": debtor, "creditor": creditor, "ultimate": creditor},
    ):
        with pytest.raises(WrongDisclosure):
            COMMITTER.verify(Disclosure(revealed={}, withheld=wrong), digest)


@MANY
@given(orders, seeds, subsets)
def test_a_disclosure_holds_no_seed_and_nothing_of_what_is_withheld(
    order: list[Value], of_seeds: tuple[bytes, bytes], names: set[str]
) -> None:
    disclosure = COMMITTER.disclose(sides_of(order, of_seeds), names)
    assert set(disclosure.revealed) == names
    assert set(disclosure.withheld) == names_withheld(names)
    parts = [*disclosure.withheld.values(), *(salt for salt, _ in disclosure.revealed.values())]
    assert all(one not in part for one in of_seeds for part in parts)
    # A withheld leaf is salted: the same value in another field or order gives nothing to compare.
    assert len(set(disclosure.withheld.values())) == len(disclosure.withheld)
    salts = [salt for salt, _ in disclosure.revealed.values()]
    assert len(set(salts)) == len(salts)


@MANY
@given(orders, seeds, subsets, st.data())
def test_any_change_of_a_disclosure_is_refused(
    order: list[Value], of_seeds: tuple[bytes, bytes], names: set[str], data: st.DataObject
) -> None:
    disclosure = COMMITTER.disclose(sides_of(order, of_seeds), names)
    name = data.draw(st.sampled_from(NAMES))
    for changed in spoiled(disclosure, name, data.draw(values)):
        with pytest.raises(WrongDisclosure):
            COMMITTER.verify(changed, digest_of(order, of_seeds))


@MANY
@given(orders, seeds, subsets, st.integers(0, 255))
def test_a_disclosure_is_for_one_digest(
    order: list[Value], of_seeds: tuple[bytes, bytes], names: set[str], bit: int
) -> None:
    digest = bytearray(digest_of(order, of_seeds))
    digest[bit // 8] ^= 1 << bit % 8
    disclosure = COMMITTER.disclose(sides_of(order, of_seeds), names)
    for wrong in (bytes(digest), bytes(digest[:-1]), b""):
        with pytest.raises(WrongDisclosure):
            COMMITTER.verify(disclosure, wrong)


@pytest.mark.parametrize("value", [True, False, 1.0, b"x", 2**63, "\ud800", ["x"], {}, ()])
def test_a_value_of_no_known_kind_is_refused_and_does_not_raise_otherwise(value: object) -> None:
    order: list[Value] = ["x"] * COUNT
    of_seeds = (b"d" * 16, b"c" * 16)
    disclosure = COMMITTER.disclose(sides_of(order, of_seeds), NAMES)
    salt = disclosure.revealed["channel"][0]
    forged: dict[str, tuple[bytes, Value]] = {**disclosure.revealed}
    forged["channel"] = (salt, value)  # type: ignore[assignment]  # As a hostile file has it.
    with pytest.raises(WrongDisclosure):
        COMMITTER.verify(replace(disclosure, revealed=forged), digest_of(order, of_seeds))


def by_the_format(number: int, salt: bytes, encoded: bytes) -> bytes:
    """A leaf as docs/digest.md says it, written a second time."""
    domain = b"countersign/order/v1\x00" + INSTANCE
    return sha256(b"\x00" + domain + number.to_bytes(2, "big") + salt + encoded).digest()


def spoiled(disclosure: Disclosure, name: str, value: Value) -> list[Disclosure]:
    """All the ways in which one field of a disclosure, or its withheld side, can be wrong."""
    revealed, withheld = dict(disclosure.revealed), dict(disclosure.withheld)
    if name not in revealed and name not in withheld:
        surplus = Disclosure(
            revealed={**revealed, name: (b"s" * SALT_BYTES, value)}, withheld=withheld
        )
        other = Disclosure(revealed=revealed, withheld={**withheld, name: b"l" * 32})
        side = ORDER_TABLE.fields[NAMES.index(name)].side
        return [surplus, other, *spoiled(disclosure, ORDER_TABLE.sides[side], value)]
    without_r = {key: shown for key, shown in revealed.items() if key != name}
    without_w = {key: leaf for key, leaf in withheld.items() if key != name}
    out = [
        Disclosure(revealed=without_r, withheld=without_w),
        Disclosure(revealed={**revealed, "surplus": (b"s" * 16, "x")}, withheld=withheld),
        Disclosure(revealed=revealed, withheld={**withheld, "surplus": b"l" * 32}),
    ]
    if name in withheld:
        leaf = withheld[name]
        wrong = [leaf[:-1], leaf + b"\x00", b"", bytes([leaf[0] ^ 1]) + leaf[1:]]
        out += [Disclosure(revealed=revealed, withheld={**withheld, name: w}) for w in wrong]
        both = {**revealed, name: (b"s" * SALT_BYTES, value)}
        out.append(Disclosure(revealed=both, withheld=withheld))
        out.append(Disclosure(revealed=both, withheld=without_w))
        return out
    salt, true_value = revealed[name]
    shown = [(bytes([salt[0] ^ 1]) + salt[1:], true_value), (salt[:-1], true_value)]
    if encode_value(value) != encode_value(true_value):
        shown.append((salt, value))
    out += [Disclosure(revealed={**revealed, name: s}, withheld=withheld) for s in shown]
    # Its true leaf beside its value: one digest would have two disclosures that say the same.
    leaf = by_the_format(NAMES.index(name), salt, encode_value(true_value))
    out.append(Disclosure(revealed=revealed, withheld={**withheld, name: leaf}))
    return out


def test_no_true_and_no_false_stand_for_one_and_zero() -> None:
    """They encode alike, so a proof would show another value than the one that was ordered."""
    of_seeds = (b"d" * 16, b"c" * 16)
    for number, shown in ((1, True), (0, False)):
        order: list[Value] = [number] * COUNT
        disclosure = COMMITTER.disclose(sides_of(order, of_seeds), NAMES)
        assert COMMITTER.verify(disclosure, digest_of(order, of_seeds))["channel"] == number
        forged = {**disclosure.revealed, "channel": (disclosure.revealed["channel"][0], shown)}
        with pytest.raises(WrongDisclosure):
            COMMITTER.verify(replace(disclosure, revealed=forged), digest_of(order, of_seeds))


def test_no_salt_swallows_the_beginning_of_a_value() -> None:
    """Else whoever wrote a text could have another one shown, which stands inside it."""
    inner = "what is shown instead"
    carrier = "\x00" * 7 + encode_value(inner).decode()
    order: list[Value] = [carrier] * COUNT
    of_seeds = (b"d" * 16, b"c" * 16)
    disclosure = COMMITTER.disclose(sides_of(order, of_seeds), NAMES)
    salt = disclosure.revealed["channel"][0]
    encoded = encode_value(carrier)
    longer = salt + encoded[: -len(encode_value(inner))]
    assert longer + encode_value(inner) == salt + encoded
    forged = {**disclosure.revealed, "channel": (longer, inner)}
    with pytest.raises(WrongDisclosure):
        COMMITTER.verify(replace(disclosure, revealed=forged), digest_of(order, of_seeds))


@pytest.mark.parametrize("moved", [1, 16, 32, -1])
def test_no_byte_moves_between_two_withheld_commitments(moved: int) -> None:
    order: list[Value] = ["x"] * COUNT
    of_seeds = (b"d" * 16, b"c" * 16)
    sides = sides_of(order, of_seeds)
    names = [field.name for field in ORDER_TABLE.fields if field.side == 0]
    disclosure = COMMITTER.disclose(sides, names[2:])
    both = disclosure.withheld[names[0]] + disclosure.withheld[names[1]]
    border = 32 + moved
    forged = {**disclosure.withheld, names[0]: both[:border], names[1]: both[border:]}
    with pytest.raises(WrongDisclosure):
        COMMITTER.verify(replace(disclosure, withheld=forged), digest_of(order, of_seeds))


@pytest.mark.parametrize("kind", [bytearray, memoryview, list, str])
def test_a_commitment_is_bytes_and_nothing_that_looks_alike(kind: type) -> None:
    order: list[Value] = ["x"] * COUNT
    of_seeds = (b"d" * 16, b"c" * 16)
    disclosure = COMMITTER.disclose(sides_of(order, of_seeds), NAMES[1:])
    leaf = disclosure.withheld[NAMES[0]]
    forged: dict[str, bytes] = {**disclosure.withheld}
    forged[NAMES[0]] = "x" * 32 if kind is str else kind(leaf)  # type: ignore[assignment]
    with pytest.raises(WrongDisclosure):
        COMMITTER.verify(replace(disclosure, withheld=forged), digest_of(order, of_seeds))
