"""The watch over what stands in the book: flags kept once, answered once, and a ring's yuan held."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement.watch_run import answer_flag, held_for_review, open_flags, watch_day
from tests.support.tampering import as_insider
from tests.support.town import HERE, build_town
from tests.support.watch_world import DAY, START, World, date, with_rings

AT = START + 40 * DAY
OFFICE = By("staff", 31)
RINGS = Sql(
    "SELECT rule, business_date FROM watch_flag WHERE community_id = :community_id AND rule IN ('R1', 'R2', 'R3')"
)
SALE = (
    "INSERT INTO sale (community_id, sale_id, ref, state, merchant_id, terminal_id, clerk_id, person_id,"
    " wallet_owner_id, business_date, occurred_at, total_fen, offset_fen, offset_units, paid_fen, earned_units,"
    " refunded_fen, route, plan) VALUES (1, :ref, :ref, 'done', :shop, :till, :clerk, :wallet, :wallet, :day, :at,"
    " :total, :offset, 0, 0, :earned, 0, 'till', '{}')"
)
BACK = (
    "INSERT INTO refund (community_id, refund_id, sale_id, ref, state, terminal_id, business_date, occurred_at,"
    " goods_fen, cash_fen, offset_fen, units_back, earned_back_units, owed_units) VALUES (1, :ref, :original, :ref,"
    " 'done', :till, :day, :at, :total, 0, 0, 0, 0, 0)"
)


def live(db: Database, world: World) -> None:
    """The world's deals as rows of the counter."""
    build_town(db, shops=12)
    rows = [
        {
            "ref": d.ref, "original": d.original, "shop": d.shop, "till": d.till, "clerk": d.clerk, "wallet": d.wallet,
            "day": d.day, "at": d.at, "total": d.total_fen, "offset": d.offset_fen, "earned": d.earned_units,
        }
        for d in world.deals
    ]  # fmt: skip
    with as_insider(db) as connection:
        connection.execute(text(SALE), [row for row in rows if not row["original"]])
        if backs := [row for row in rows if row["original"]]:
            connection.execute(text(BACK), backs)


@pytest.mark.slow
def test_the_rings_of_a_month_are_kept_once_each_and_the_sham_night_pays_nothing(
    db: Database,
) -> None:
    world = with_rings(5)
    live(db, world)
    for number in range(31):
        watch_day(db, HERE, date(number), at=AT)
        watch_day(db, HERE, date(number), at=AT)

    with db.read() as tx:
        found = {(row.rule, row.business_date) for row in tx.all(RINGS, community_id=HERE)}
        sham = sum(d.offset_fen for d in world.deals if d.ref.startswith("X"))
        held = held_for_review(tx, HERE, 7)
    wanted = {pair for pair in world.truth if pair[0] in {"R1", "R2", "R3"}}
    assert wanted <= found
    assert len(found - wanted) <= 1
    assert held >= sham


def test_a_flag_is_answered_once_with_a_reason_and_what_is_nothing_is_free_again(
    db: Database,
) -> None:
    world = World(deals=[d for d in with_rings(5).deals if d.ref.startswith("X")])
    live(db, world)
    watch_day(db, HERE, date(24), at=AT)
    with db.read() as tx:
        flags = open_flags(tx, HERE)
        assert held_for_review(tx, HERE, 7) > 0
    [flag] = [flag for flag in flags if flag.rule == "R3"]
    key = tuple(flag[:5])

    def answer(said: str, reason: str = "看过监控") -> None:
        db.write(lambda tx: answer_flag(tx, HERE, key, said, reason=reason, by=OFFICE, at=AT))

    for said, reason, code in (("maybe", "x", "watch_answer_bad"), ("nothing", " ", "why_missing")):
        with pytest.raises(Refusal, match=code):
            answer(said, reason)
    answer("nothing")
    with pytest.raises(Refusal, match="watch_flag_gone"):
        answer("cheating")
    with db.read() as tx:
        assert held_for_review(tx, HERE, 7) == 0
        assert "R3" not in {row.rule for row in open_flags(tx, HERE)}


def test_a_receipt_waits_once_whatever_waits_for_it(db: Database) -> None:
    """Its own people's, without a sale, and of a ring: three reasons, and one amount."""
    rows = [
        ("A6", "M07T1-1", 500),
        ("R5", "M07T1-1", 300),
        ("R5", "M07T1-2", 700),
        ("A6", "X1", 900),
    ]
    with db.engine.begin() as connection:
        for number, (code, ref, fen) in enumerate(rows):
            connection.exec_driver_sql(
                "INSERT INTO discrepancy (community_id, discrepancy_no, run_no, business_date, code, sub_code,"
                " claimant_id, terminal_id, ref, plus_fen, minus_fen, held_fen, rest_units, rest_fen, state, due_date,"
                f" opened_at, reason, posted_fen) VALUES ({HERE}, {number}, 1, 20260302, '{code}', '', 7, 0, '{ref}',"
                f" 0, 0, {fen}, 0, 0, 'open', 20260305, 1, '', 0)"
            )
        connection.exec_driver_sql(
            "INSERT INTO watch_flag (community_id, business_date, rule, merchant_id, wallet_owner_id, terminal_id,"
            f" figure, refs, state, reason, seen_at) VALUES ({HERE}, 20260302, 'R3', 7, 0, 0, 2000, '[\"X1\"]',"
            " 'open', '', 1)"
        )

    with db.read() as tx:
        assert held_for_review(tx, HERE, 7) == 500 + 700 + 2_000
