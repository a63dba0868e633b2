"""A channel's bill as it comes: back-quotes, other encodings, refunds, totals; one bad cell refuses the whole file."""

import pytest

from ledger.errors import Refusal
from pos.bill_file import read_bill
from pos.proof import BillLine
from tests.support.town import moment

HEAD = "交易时间,微信订单号,商户订单号,交易状态,应结订单金额"
SALE = "`2026-03-02 09:01:00,`4200001234,`M01,`SUCCESS,`40.00"
BACK = "`2026-03-02 10:01:00,`4200001235,`M01,`REFUND,`0.00"
FOOT = "总交易单数,应结订单总金额\n`2,`40.00"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_wechat_bill_gives_its_payments(encoding: str) -> None:
    body = f"{HEAD}\n{SALE}\n{BACK}\n{FOOT}".encode(encoding)

    assert read_bill(body) == [BillLine("4200001234", 4_000, moment("2026-03-02 09:01"))]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (SALE.replace("40.00", "-40.00"), "amount"),
        (SALE.replace("40.00", "40.001"), "amount"),
        (SALE.replace("40.00", "1" * 19), "amount"),
        (SALE.replace("2026-03-02 09:01:00", "yesterday"), "time"),
        (SALE.replace("4200001234", ""), "reference"),
    ],
)
def test_one_bad_cell_refuses_the_file_and_names_the_row(row: str, column: str) -> None:
    with pytest.raises(Refusal) as said:
        read_bill(f"{HEAD}\n{SALE}\n{row}".encode())

    assert said.value.code == "bill_row_bad"
    assert said.value.facts == {"row": 3, "column": column}


def test_a_file_of_no_known_layout_is_refused() -> None:
    with pytest.raises(Refusal) as said:
        read_bill(b"a,b\n1,2\n")

    assert said.value.code == "bill_unknown"


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(Refusal) as said:
        read_bill(b"\xff\xfe\x00\x81\x30")

    assert said.value.code in {"bill_unreadable", "bill_unknown"}
