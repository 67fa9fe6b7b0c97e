"""Data classes: every field of an order has one, and names and accounts have the strictest."""

import pytest

from countersign.transfers.order import Order
from countersign.vault.classes import FIELD_CLASSES, DataClass, class_of
from countersign.vault.errors import UnclassifiedField

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("field", Order.__struct_fields__)
def test_every_field_of_an_order_is_classified(field: str) -> None:
    data_class = class_of(f"order.{field}")
    is_about_a_person = any(
        part in field for part in ("name", "account", "address", "ultimate", "remittance")
    )
    assert data_class is DataClass.RESTRICTED or not is_about_a_person


@pytest.mark.parametrize("field", ["", "order", "order.", "order.nonsense", "Order.debtor_name"])
def test_a_field_without_a_class_is_refused(field: str) -> None:
    with pytest.raises(UnclassifiedField) as refused:
        class_of(field)
    assert refused.value.code == "vault.unclassified_field"


def test_the_list_is_in_order_and_read_only() -> None:
    assert list(FIELD_CLASSES) == sorted(FIELD_CLASSES)
    with pytest.raises(TypeError):
        FIELD_CLASSES["order.debtor_name"] = DataClass.PUBLIC  # type: ignore[index]
