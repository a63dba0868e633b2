"""Channels' bills: every layout read, totals held against the lines, what each speaks for, changes named."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.channel_bills.bill import Bill
from ledger.channel_bills.coverage import BillCover, Span, cover_of
from ledger.channel_bills.reading import read_channel_bill
from ledger.channel_bills.store import Sent, keep_bill, lines_between
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from tests.support.channel_bills import (
    Paid,
    alipay,
    allinpay,
    gzipped,
    unionpay,
    wechat,
    with_fen,
    zipped,
)
from tests.support.town import HERE, Town, build_town, moment

DAY = "2026-03-02"
MOVES = [
    Paid(f"{DAY} 09:01:00", "4200001234202603020000000001", 4_000),
    Paid(f"{DAY} 10:15:30", "4200001234202603020000000002", 123_456),
    Paid(f"{DAY} 11:00:00", "4200001234202603020000000001", 1_500, back="5030000001"),
]
LATER = moment("2026-03-03 10:00")
COUNT = Sql("SELECT count(*) AS n FROM channel_line WHERE community_id = :community_id")
FILES = Sql("SELECT count(*) AS n FROM stored_file WHERE community_id = :community_id")


def read(body: bytes, name: str = "bill.csv", **how: Any) -> Bill:
    bill = read_channel_bill(body, name=name, **how)
    assert bill is not None
    return bill


def whole_day(day: str = DAY) -> tuple[int, int]:
    start = moment(f"{day} 00:00")
    return start, start + 86_400_000_000


BILLS = {
    "wechat": (wechat(MOVES), "bill.csv", whole_day()),
    "alipay": (
        alipay(MOVES, first="2026年03月02日 00:00:00", until="2026年03月03日 00:00:00"),
        "bill.csv",
        whole_day(),
    ),
    "allinpay": (allinpay(MOVES), "bill.csv", whole_day()),
    "unionpay": (
        unionpay(
            [Paid(one.when, f"2026030200{n}", one.fen, one.back) for n, one in enumerate(MOVES)]
        ),
        "INN26030288ZM_777290058110097",
        (moment("2026-03-01 23:00"), moment("2026-03-02 23:00")),
    ),
}


@pytest.mark.parametrize("layout", BILLS)
def test_a_bill_gives_payments_refunds_and_the_time_it_speaks_for(layout: str) -> None:
    body, name, span = BILLS[layout]

    bill = read(body, name)

    assert (bill.layout, bill.outcome, bill.faults, bill.wrong) == (layout, "ok", [], [])
    assert [(line.kind, line.fen) for line in bill.lines] == [
        ("pay", 4_000),
        ("pay", 123_456),
        ("back", 1_500),
    ]
    assert bill.lines[1].at == moment(f"{DAY} 10:15") + 30_000_000
    assert (bill.covers_from, bill.covers_until) == span


@pytest.mark.parametrize("layout", ["wechat", "alipay"])
def test_one_line_lost_or_one_digit_changed_does_not_add_up(layout: str) -> None:
    body = BILLS[layout][0]
    encoding = "utf-8-sig" if layout == "wechat" else "gb18030"
    lines = body.decode(encoding).splitlines(keepends=True)
    lost = next(n for n, line in enumerate(lines) if "1234.56" in line)
    changed = "".join(lines).replace("1234.56", "1234.57", 2)

    without = read("".join(lines[:lost] + lines[lost + 1 :]).encode(encoding))
    other = read(changed.encode(encoding))

    assert (without.outcome, other.outcome) == ("TOTALS_WRONG", "TOTALS_WRONG")
    assert {(w.stated, w.counted) for w in other.wrong} == {(127_456, 127_457)}


@pytest.mark.parametrize("layout", ["wechat", "alipay"])
def test_a_bill_cut_off_before_its_totals_is_wrong(layout: str) -> None:
    """Control: the same bill with its closing lines is right."""
    body = BILLS[layout][0]
    encoding = "utf-8-sig" if layout == "wechat" else "gb18030"
    text = body.decode(encoding)
    end = text.index("总交易单数") if layout == "wechat" else text.rindex("#-----")

    assert read(text[:end].encode(encoding)).outcome == "TOTALS_WRONG"
    assert read(body).outcome == "ok"


@pytest.mark.parametrize("seed", [3, 17, 2026])
def test_any_list_of_payments_comes_back_to_the_fen(seed: int) -> None:
    chance = random.Random(seed)
    moves = [
        Paid(
            f"{DAY} {chance.randrange(24):02d}:{chance.randrange(60):02d}:{chance.randrange(60):02d}",
            f"42{chance.randrange(10**26):026d}",
            chance.randrange(1, 10_000_000),
            back=f"50{n:05d}" if chance.random() < 0.2 else "",
        )
        for n in range(200)
    ]
    span = {"first": "2026年03月02日 00:00:00", "until": "2026年03月03日 00:00:00"}

    for bill in (read(wechat(moves)), read(alipay(moves, **span)), read(allinpay(moves))):
        assert (bill.outcome, len(bill.lines)) == ("ok", 200)
        assert sum(line.fen for line in bill.of_kind("back")) == sum(
            one.fen for one in moves if one.back
        )
        assert [line.fen for line in bill.lines] == [one.fen for one in moves]


def test_bad_cells_are_named_by_line_and_heading() -> None:
    text = BILLS["wechat"][0].decode()
    text = text.replace("`1234.56", "`1234.567", 1).replace("`SUCCESS", "`USERPAYING", 1)

    bill = read(text.encode())

    assert bill.outcome == "UNREADABLE"
    assert [tuple(fault) for fault in bill.faults] == [
        (2, "交易状态", "state"),
        (3, "应结订单金额", "amount"),
    ]


def test_the_empty_bill_of_a_day_speaks_for_it() -> None:
    bill = read(wechat([]), "1900000109All2026-03-02.csv")

    assert bill.outcome == "EMPTY"
    assert (bill.covers_from, bill.covers_until) == whole_day()


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, people=1, shops=2, fund_fen=0)


def keep(
    town: Town, body: bytes, name: str = "a.csv", *, shop: int = 1, at: int = LATER
) -> dict[str, Any]:
    return town.db.write(lambda tx: keep_bill(tx, HERE, shop, Sent(name, body), by=SYSTEM, at=at))


def counted(town: Town) -> tuple[int, int]:
    with town.db.read() as tx:
        return tx.get(COUNT, community_id=HERE).n, tx.get(FILES, community_id=HERE).n


def test_the_same_bill_under_another_name_or_packed_is_told_and_counts_once(town: Town) -> None:
    body = BILLS["wechat"][0]
    first = keep(town, body)
    before = counted(town)

    again = keep(town, body, "other.csv")
    packed = keep(town, gzipped(body), "other.csv.gz")
    in_zip = keep(town, zipped("商户账单.csv", body, others=["商户账单(汇总).csv"]), "b.zip")

    assert first["again"] is False
    assert again == packed == in_zip == {**first, "again": True}
    assert counted(town) == before == (3, 1)


def test_a_changed_bill_is_refused_and_the_line_named(town: Town) -> None:
    keep(town, wechat(MOVES), "monday.csv")
    before = counted(town)

    with pytest.raises(Refusal) as changed:
        keep(town, wechat([MOVES[0], with_fen(MOVES[1], 123_400), MOVES[2]]))
    with pytest.raises(Refusal) as gone:
        keep(town, wechat([MOVES[0], MOVES[2]]), "1900000109All2026-03-02.csv")

    assert (changed.value.code, gone.value.code) == ("bill_changed", "bill_changed")
    assert changed.value.facts == {"row": 3, "column": "amount", "file": "monday.csv"}
    assert gone.value.facts == {"row": 0, "column": "reference", "file": "monday.csv"}
    assert counted(town) == before


def test_a_month_bill_over_day_bills_adds_only_what_is_new(town: Town) -> None:
    keep(town, wechat(MOVES))
    more = [*MOVES, Paid("2026-03-01 08:00:00", "4200009", 900)]

    answer = keep(town, wechat(more), "month.csv")

    assert (answer["outcome"], answer["new_lines"]) == ("ok", 1)
    with town.db.read() as tx:
        rows = lines_between(tx, HERE, 1, since=moment("2026-03-01 00:00"), until=LATER)
    assert [row.fen for row in rows] == [900, 4_000, 123_456, 1_500]


def test_a_bill_of_a_day_that_is_not_over_and_another_shops_bill_are_refused(town: Town) -> None:
    with pytest.raises(Refusal, match="bill_day_open"):
        keep(town, wechat(MOVES), at=moment(f"{DAY} 18:00"))
    keep(town, wechat(MOVES))
    with pytest.raises(Refusal) as said:
        keep(town, wechat([with_fen(MOVES[0], 5)]), shop=2)
    assert (said.value.code, said.value.facts) == ("bill_other_shop", {"merchant": "M01"})


def test_bad_bills_are_kept_as_evidence_and_cover_nothing(town: Town) -> None:
    text = BILLS["wechat"][0].decode()

    assert keep(town, text.replace("1234.56", "12x", 1).encode())["outcome"] == "UNREADABLE"
    assert keep(town, text.replace("`3.0", "`4.0", 1).encode())["outcome"] == "TOTALS_WRONG"

    assert counted(town) == (0, 2)
    with town.db.read() as tx:
        assert cover_of(tx, HERE, 1).last_until == 0


def test_a_minute_is_covered_once_every_channel_the_shop_uses_speaks_for_it() -> None:
    one, two = whole_day(), whole_day("2026-03-03")
    cover = BillCover([Span("wechat", *one), Span("wechat", *two), Span("alipay", *one)])

    noon = moment(f"{DAY} 12:00")
    assert cover.covers("scan", noon)
    assert not cover.covers("scan", noon + 86_400_000_000)
    assert not cover.covers("credit_card", noon)
    assert BillCover([Span("acquirer", *one)]).covers("scan", noon)
    assert not BillCover([]).covers("scan", noon)
