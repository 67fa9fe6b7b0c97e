"""An order sealed at the intake and read back: the same order, under the digest that was made."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec
import pytest

from countersign.gate.commands import PlaceOrder, RefusedIntake, Submission, decode
from countersign.gate.intake import CREDITOR_PLACE, DEBTOR_PLACE, Intake, OrderRequest, SealedOrder
from countersign.infra.database import Database, Role
from countersign.kernel.digest import OpenSide, encode_value
from countersign.transfers.order import ORDER_TABLE, Order, order_of, values_of
from countersign.vault.errors import CannotOpen, SubjectErased
from countersign.vault.keyset import create_keyset
from countersign.vault.protectors import KeyFileProtector, create_key_file
from countersign.vault.seal import seal
from countersign.vault.subjects import SubjectKeys

pytestmark = pytest.mark.postgres

ACCOUNTS = (
    "IBAN:DE89370400440532013000",
    "IBAN:GB29NWBK60161331926819",
    "IBAN:FR1420041010050500013M02606",
)
NAMES = tuple(field.name for field in ORDER_TABLE.fields)
WORDS = ("Anna Okafor", "王小明", "Nord & Süd GmbH", "RF18 5390 0754 7034", "a\nb", "x")
OPTIONAL = (
    "debtor_name", "debtor_address", "ultimate_debtor", "initiating_party", "creditor_address",
    "ultimate_creditor", "message_id", "end_to_end_id", "remittance_information",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Desk:
    intake: Intake
    keys: SubjectKeys

    def prepare(self, *orders: Order) -> list[Submission]:
        requests = [OrderRequest(secrets.token_bytes(16), order) for order in orders]
        return self.intake.prepare(7, requests)

    def open(self, command: PlaceOrder, **changed: object) -> Order:
        return self.intake.open_order(sealed(command)._replace(**changed))  # type: ignore[arg-type]


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    data, outside = tmp_path / "data", tmp_path / "keys"
    data.mkdir()
    outside.mkdir()
    create_key_file(outside / "key", data_dir=data)
    protector = KeyFileProtector(path=outside / "key", data_dir=data)
    keyset = create_keyset(data / "keyset.json", protector)
    with SubjectKeys(lambda: database.connect(Role.APP), keyset, secrets.token_bytes(16)) as keys:
        yield Desk(intake=Intake(keys, unknown_of=lambda _: set()), keys=keys)


def an_order(random: Random, **fields: object) -> Order:
    debtor, creditor = random.sample(ACCOUNTS, 2)
    values: dict[str, object] = {
        "channel": "api",
        "credential": 7,
        "instructed_amount": random.randrange(1, 10**15),
        "currency": random.choice(("EUR", "JPY", "HKD")),
        "requested_execution_date": "2027-03-31",
        "debtor_account": debtor,
        "creditor_account": creditor,
        "creditor_name": random.choice(WORDS),
    }
    for name in OPTIONAL:
        if random.random() < 0.5:
            values[name] = random.choice(WORDS)
    return Order(**(values | fields))  # type: ignore[arg-type]  # The names say which is which.


def sealed(command: PlaceOrder) -> SealedOrder:
    return SealedOrder(
        command.digest,
        command.debtor_index,
        command.creditor_index,
        command.debtor_side,
        command.creditor_side,
    )


def placed(submissions: list[Submission]) -> list[PlaceOrder]:
    commands = [submission.command for submission in submissions]
    assert all(isinstance(command, PlaceOrder) for command in commands)
    return [command for command in commands if isinstance(command, PlaceOrder)]


def test_what_was_sealed_is_read_back_and_proves_any_of_its_fields(desk: Desk) -> None:
    random = Random(17)
    orders = [an_order(random) for _ in range(40)]
    for order, command in zip(orders, placed(desk.prepare(*orders)), strict=True):
        assert desk.open(command) == order
        assert order_of(values_of(order)) == order
        names = random.sample(NAMES, random.randrange(len(NAMES)))
        disclosure = desk.intake.committer.disclose(desk.intake.open_sides(sealed(command)), names)
        shown = desk.intake.committer.verify(disclosure, command.digest)
        assert shown == {name: getattr(order, name) for name in names}


def test_one_order_twice_has_one_mac_and_two_digests(desk: Desk) -> None:
    order = an_order(Random(1))
    first, again = desk.prepare(order, order)
    one, other = placed([first, again])
    assert first.mac == again.mac
    assert one.digest != other.digest
    assert one.debtor_side != other.debtor_side


def test_i4_sides_of_another_order_do_not_open_under_this_digest(desk: Desk) -> None:
    order = an_order(Random(2))
    one, other = placed(desk.prepare(order, order))
    for changed in (
        {"debtor_side": other.debtor_side},
        {"creditor_side": other.creditor_side},
        {"debtor_side": one.creditor_side, "creditor_side": one.debtor_side},
        {"digest": other.digest},
        {"debtor_index": one.creditor_index, "creditor_index": one.debtor_index},
        {"debtor_side": one.debtor_side[:-1]},
    ):
        with pytest.raises(CannotOpen):
            desk.open(one, **changed)


@pytest.mark.parametrize("side", [0, 1])
def test_i4_a_side_that_does_not_give_the_digest_is_not_believed(desk: Desk, side: int) -> None:
    """Even if whoever wrote it had the key of its subject."""
    (command,) = placed(desk.prepare(an_order(Random(8))))
    (other,) = placed(desk.prepare(an_order(Random(9))))
    subject = (command.debtor_index, command.creditor_index)[side]
    opened = desk.intake.open_sides(sealed(other))
    part = opened[side]
    assert isinstance(part, OpenSide)
    key = desk.keys.ensure([subject])[subject]
    forged = seal(
        key.aead,
        instance=desk.intake.instance,
        place=(DEBTOR_PLACE, CREDITOR_PLACE)[side],
        row=command.digest,
        subject=subject,
        epoch=key.epoch,
        plaintext=msgspec.msgpack.encode(
            (part.seed, part.values, desk.intake.committer.root_of(1 - side, opened[1 - side]))
        ),
    )
    name = ("debtor_side", "creditor_side")[side]
    desk.open(command)
    with pytest.raises(CannotOpen):
        desk.open(command, **{name: forged})


def test_nothing_of_the_text_leaves_the_intake_in_clear(desk: Desk) -> None:
    order = an_order(Random(3), creditor_name="Geheimer Name", debtor_name="Anna Okafor")
    (command,) = placed(desk.prepare(order))
    wire = msgspec.msgpack.encode(command)
    for name in NAMES:
        value = getattr(order, name)
        if isinstance(value, str) and len(value) > 3:
            assert value.encode() not in wire, name
    assert ACCOUNTS[0].partition(":")[2].encode() not in wire


@pytest.mark.parametrize("erased", [0, 1])
def test_with_one_side_erased_the_other_still_proves_all_its_fields(
    desk: Desk, erased: int
) -> None:
    order = an_order(Random(4))
    (command,) = placed(desk.prepare(order))
    before = desk.intake.open_sides(sealed(command))
    desk.keys.destroy((command.debtor_index, command.creditor_index)[erased])
    with pytest.raises(SubjectErased):
        desk.open(command)
    sides = desk.intake.open_sides(sealed(command))
    assert [isinstance(side, OpenSide) for side in sides] == [erased != 0, erased != 1]
    assert sides[erased] == desk.intake.committer.root_of(erased, before[erased])
    rest = {field.name for field in ORDER_TABLE.fields if field.side != erased}
    shown = desk.intake.committer.verify(
        desk.intake.committer.disclose(sides, rest), command.digest
    )
    assert shown == {name: getattr(order, name) for name in rest}


def test_with_both_sides_erased_nothing_is_left_to_prove(desk: Desk) -> None:
    (command,) = placed(desk.prepare(an_order(Random(4))))
    for subject in (command.debtor_index, command.creditor_index):
        desk.keys.destroy(subject)
    with pytest.raises(SubjectErased):
        desk.intake.open_sides(sealed(command))


def test_the_longest_order_that_passes_fits_its_command(desk: Desk) -> None:
    """Each side has its bound on the wire; what passes the checks must not reach it."""
    wide = "\U0001f600"
    lines = [f"PrvtId/Othr/{name} {wide * 35}" for name in ("Id", "SchmeNm/Prtry", "Issr")]
    known_by = "\n".join(lines * (2000 // (len("\n".join(lines)) + 1)))
    texts = {
        name: wide * length
        for name, length in {
            "debtor_name": 140, "ultimate_debtor": 140, "initiating_party": 140,
            "debtor_address": 600, "creditor_address": 600, "creditor_name": 140,
            "ultimate_creditor": 140, "message_id": 35, "payment_information_id": 35,
            "instruction_id": 35, "end_to_end_id": 35, "service_level": 35, "channel": 16,
            "local_instrument": 35, "category_purpose": 35, "purpose_code": 35,
            "remittance_information": 4000,
        }.items()
    }  # fmt: skip
    texts |= dict.fromkeys(("debtor_agent", "creditor_agent"), ":" + wide * 34)
    texts |= {"intermediary_agents": "\n".join([":" + wide * 34] * 3)}
    texts |= {"debtor_identification": known_by, "creditor_identification": known_by}
    (command,) = placed(desk.prepare(an_order(Random(5), **texts)))
    assert decode(command.kind, msgspec.msgpack.encode(command)) == command


@pytest.mark.parametrize("field", ["debtor_account", "creditor_account"])
def test_an_account_in_another_spelling_is_refused(desk: Desk, field: str) -> None:
    for spelled in (ACCOUNTS[2] + " " * 40_000, ACCOUNTS[2].replace("FR", "fr"), "IBAN: " * 10):
        (refused,) = desk.prepare(an_order(Random(6), **{field: spelled}))
        assert refused.command == RefusedIntake("account.malformed_reference")


@pytest.mark.parametrize("erased", [0, 1])
def test_an_order_of_someone_erased_is_refused_and_holds_nobody_up(desk: Desk, erased: int) -> None:
    random = Random(6)
    gone, good = an_order(random), an_order(random)
    good = msgspec.structs.replace(good, debtor_account="OTHR::1", creditor_account="OTHR::2")
    (command,) = placed(desk.prepare(gone))
    desk.keys.destroy((command.debtor_index, command.creditor_index)[erased])
    first, refused, last = desk.prepare(good, gone, good)
    assert refused.command == RefusedIntake("vault.subject_erased")
    assert len(placed([first, last])) == 2


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("instructed_amount", 0, "money.out_of_range"),
        ("instructed_amount", 2**63 - 1, "money.out_of_range"),
        ("currency", "XAU", "money.unknown_currency"),
        ("creditor_account", "IBAN:DE89370400440532013001", None),
        ("creditor_name", "", "transfers.text_length"),
        ("creditor_name", "a\u202eb", "transfers.control_character"),
        ("requested_execution_date", "2027-02-30", "transfers.malformed_date"),
    ],
)
def test_what_cannot_be_carried_out_leaves_as_its_code_beside_the_others(
    desk: Desk, field: str, value: object, code: str | None
) -> None:
    random = Random(5)
    good, bad = an_order(random), an_order(random, **{field: value})
    first, refused, last = desk.prepare(good, bad, good)
    assert isinstance(refused.command, RefusedIntake)
    assert code is None or refused.command.code == code
    assert len(placed([first, last])) == 2
    assert first.mac != refused.mac


@pytest.mark.parametrize("field", ["instructed_amount", "credential"])
def test_a_number_that_the_digest_cannot_hold_is_no_order(field: str) -> None:
    """It would raise where it is encoded, and take the other orders of its frame with it."""
    for value in (2**63, -(2**63) - 1):
        place = Order.__struct_fields__.index(field)
        values: list[object] = list(msgspec.structs.astuple(an_order(Random(6))))
        values[place] = value
        try:
            wire = msgspec.msgpack.encode(values)
        except OverflowError:
            continue  # Not even msgpack can say it.
        with pytest.raises(msgspec.ValidationError):
            msgspec.msgpack.decode(wire, type=Order)


def test_values_of_the_table_are_encoded_as_the_format_says() -> None:
    assert encode_value(None) == b"\x00"
    assert encode_value("é") == b"\x01\x00\x00\x00\x02\xc3\xa9"
    assert encode_value(-2) == b"\x02\x00\x00\x00\x08" + b"\xff" * 7 + b"\xfe"


def test_an_order_in_the_name_of_another_credential_is_refused(desk: Desk) -> None:
    """What the digest says of who ordered is what the gate attests; nobody's word is taken."""
    (submission,) = desk.prepare(an_order(Random(3), credential=8))
    assert submission.command == RefusedIntake("access.not_permitted")
    (unnamed,) = desk.prepare(an_order(Random(3), credential=0))
    assert isinstance(unnamed.command, PlaceOrder)
    assert desk.open(unnamed.command).credential == 7
