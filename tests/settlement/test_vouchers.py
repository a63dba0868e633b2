"""A closed month as vouchers: every voucher balances, and all of them are the book's month to the fen."""

from __future__ import annotations

import io
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from kiosk.texts import translator
from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from ledger.units import CNY
from settlement.closing import run_month
from settlement.finance_setup import set_codes
from settlement.voucher_sheet import programs
from settlement.vouchers import YUAN_ACCOUNTS, month_vouchers
from tests.settlement.test_month import ISSUED_AT, live_march
from tests.support.night_plant import reserve_cover
from tests.support.town import HERE, Town, build_town

ZHOU = By("staff", 11)
CODES = {kind: f"{2000 + place}.01" for place, kind in enumerate(YUAN_ACCOUNTS)}
# The book's month by itself: what each account was debited and credited, told apart by the sign.
MOVED = Sql(
    "SELECT a.kind, sum(CASE WHEN t.debit_id = a.account_id THEN t.amount ELSE -t.amount END) AS fen"
    " FROM account a JOIN transfer t ON t.community_id = a.community_id"
    " AND a.account_id IN (t.debit_id, t.credit_id) JOIN txn x ON x.community_id = t.community_id"
    " AND x.txn_id = t.txn_id WHERE a.community_id = :community_id AND t.commodity = :commodity"
    " AND x.business_date BETWEEN 20260301 AND 20260331 GROUP BY a.kind"
)


@pytest.fixture
def town(sqlite_url: str) -> Town:
    """March is closed; no code is mapped yet."""
    made = build_town(Database(sqlite_url), people=1, shops=10, fund_fen=1_000_000_000)
    made.grant(1, 10**12)
    reserve_cover(made, 50_000_000)
    live_march(made, unclaimed=False)
    run_month(made.db, HERE, 202603, at=ISSUED_AT)
    return made


def mapped(town: Town, codes: dict[str, str]) -> None:
    town.db.write(lambda tx: set_codes(tx, HERE, codes, by=ZHOU, at=ISSUED_AT))


def made(town: Town, program: str, month: int = 202603) -> Any:
    with town.db.read() as tx:
        return month_vouchers(
            tx, HERE, month, program, translate=translator("zh"), preparer="周会计"
        )


def rows(body: bytes) -> list[dict[str, Any]]:
    """The workbook by a reader that is not the writer's."""
    head, *lines = (
        CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()
    )
    return [dict(zip(map(str, head), line, strict=True)) for line in lines]


def fen(value: Any) -> int:
    return int((Decimal(str(value)) * 100).to_integral_exact())


@pytest.mark.parametrize(
    ("program", "key", "debit", "credit", "code"),
    [
        ("u8", ("制单日期", "凭证类别字", "业务号"), "金额借方", "金额贷方", "科目编码"),
        ("k3", ("凭证日期", "凭证字", "凭证号"), "借方", "贷方", "科目代码"),
    ],
)
def test_every_voucher_balances_and_all_are_the_month(
    town: Town, program: str, key: tuple[str, ...], debit: str, credit: str, code: str
) -> None:
    mapped(town, CODES)
    file = made(town, program)
    read = rows(file.body)

    sides: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    by_code: defaultdict[str, int] = defaultdict(int)
    for row in read:
        one, other = fen(row[debit]), fen(row[credit])
        assert (one == 0) != (other == 0)
        voucher = sides[tuple(row[name] for name in key)]
        voucher[0] += one
        voucher[1] += other
        by_code[row[code]] += one - other
    with town.db.read() as tx:
        booked = {
            CODES[row.kind]: int(row.fen) for row in tx.all(MOVED, community_id=HERE, commodity=CNY)
        }

    assert len(sides) == file.vouchers > 0
    assert [pair for pair in sides.values() if pair[0] != pair[1]] == []
    assert {k: v for k, v in by_code.items() if v} == {k: v for k, v in booked.items() if v}
    assert sum(pair[0] for pair in sides.values()) == file.debit_fen == file.credit_fen


def test_the_columns_are_the_programs_own(town: Town) -> None:
    mapped(town, CODES)

    for code, program in programs().items():
        read = rows(made(town, code).body)
        assert list(read[0]) == [column.name for column in program.columns]
    assert read[0]["币别代码"] == "RMB"
    assert read[0]["制单"] == "周会计"
    assert {row["凭证字"] for row in read} == {"记"}
    assert [row["分录序号"] for row in read if row["凭证号"] == 1] == list(
        range(sum(row["凭证号"] == 1 for row in read))
    )


def test_an_account_without_a_code_is_refused_by_its_name(town: Town) -> None:
    mapped(town, {kind: code for kind, code in CODES.items() if kind != "payable"})

    with pytest.raises(Refusal, match="voucher_code_missing"):
        made(town, "u8")


def test_what_moves_inside_one_code_is_no_entry(town: Town) -> None:
    mapped(town, {**CODES, "cover": CODES["fund"]})

    read = rows(made(town, "u8").body)

    assert {row["科目编码"] for row in read} & {CODES["cover"]} == set()
    assert sum(fen(row["金额借方"]) for row in read) == sum(fen(row["金额贷方"]) for row in read)


@pytest.mark.parametrize(
    ("program", "month", "code"),
    [("sap", 202603, "voucher_program_unknown"), ("u8", 202604, "voucher_month_open")],
)
def test_no_form_and_no_closed_month_is_refused(
    town: Town, program: str, month: int, code: str
) -> None:
    with pytest.raises(Refusal, match=code):
        made(town, program, month)


def test_a_code_no_program_takes_is_refused(town: Town) -> None:
    with pytest.raises(Refusal, match="account_code_bad"):
        mapped(town, {"bank": "10 02"})
