"""A clerk undoes a sale: the whole of it, with a reason, at its till, on its day, before it is claimed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.sql import Sql
from tests.support.invariants import check_invariants
from tests.support.till_desk import TillDesk, open_desk
from tests.support.town import CIVIC, HERE

DAY_S = 86_400
_UNDONE = Sql(
    "SELECT r.undo, s.ref AS sale_ref, s.total_fen - s.refunded_fen AS left_fen FROM refund r"
    " JOIN sale s ON s.community_id = r.community_id AND s.sale_id = r.sale_id"
    " WHERE r.community_id = :community_id"
)


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[TillDesk]:
    """A town with a till and a clerk."""
    db = Database(sqlite_url)
    yield open_desk(db)
    db.close()


def wallet(desk: TillDesk) -> int:
    with desk.town.db.read() as tx:
        return wallet_of(tx, HERE, 1, CIVIC).posted


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def claim(desk: TillDesk, sale: dict[str, Any]) -> None:
    names = ("ref", "total_fen", "offset_units", "offset_fen", "paid_fen")
    counter = int(sale["ref"].split("-")[2])
    line = {name: sale[name] for name in names} | {
        "counter": counter,
        "kind": "sale",
        "occurred_at": desk.at_text(),
    }
    totals = {
        "sales": 1,
        "refunds": 0,
        "offset_units_plus": sale["offset_units"],
        "offset_units_minus": 0,
        "offset_fen_plus": sale["offset_fen"],
        "offset_fen_minus": 0,
        "first_counter": counter,
        "last_counter": counter,
        "hash_total": counter,
    }
    body = {
        "request_id": desk.common()["request_id"],
        "business_date": "2026-03-02",
        "batch_no": 1,
        "opened_at": desk.at_text(),
        "closed_at": desk.at_text(),
        "lines": [line],
        "totals": totals,
    }
    said = desk.post("/api/v1/claims", body)
    assert said.get_json()["outcome"] == "ok", said.text


def test_an_undone_sale_leaves_nothing_behind_and_keeps_its_reason(desk: TillDesk) -> None:
    before = wallet(desk)
    sale = desk.sell(5_000, 20_000)

    said = desk.refund(sale, 5_000, undo="wrong_amount")

    assert said.status_code == 201, said.text
    answer = said.get_json()
    assert (answer["cash_back_fen"], answer["units_back"], answer["undo"]) == (
        4_000,
        20_000,
        "wrong_amount",
    )
    assert wallet(desk) == before
    check_invariants(desk.town.db.engine)
    with desk.town.db.read() as tx:
        [row] = tx.all(_UNDONE, community_id=HERE)
    assert tuple(row) == ("wrong_amount", sale["ref"], 0)


def test_the_same_undo_again_is_answered_from_the_first_time_also_after_the_claim(
    desk: TillDesk,
) -> None:
    sale = desk.sell(5_000, 20_000)
    body = {
        **desk.common(),
        "original_ref": sale["ref"],
        "refund_fen": 5_000,
        "undo": "wrong_card",
    }
    first = desk.post("/api/v1/refunds", body)
    claim(desk, sale)

    assert desk.post("/api/v1/refunds", body).get_json() == first.get_json()


def test_a_claimed_sale_is_not_undone_but_still_given_back(desk: TillDesk) -> None:
    sale = desk.sell(5_000, 20_000)
    claim(desk, sale)

    assert code_of(desk.refund(sale, 5_000, undo="not_wanted")) == (409, "undo_claimed")
    assert desk.refund(sale, 5_000).status_code == 201


def test_a_part_is_no_undo(desk: TillDesk) -> None:
    sale = desk.sell(5_000, 20_000)

    assert code_of(desk.refund(sale, 2_000, undo="not_wanted")) == (409, "undo_not_whole")


def test_another_till_of_the_shop_does_not_undo(desk: TillDesk) -> None:
    other = open_desk(desk.town.db, town=desk.town, till=1)
    sale = desk.sell(5_000, 20_000)

    assert code_of(other.refund(sale, 5_000, undo="wrong_card")) == (409, "undo_other_till")


def test_yesterdays_sale_is_not_undone(desk: TillDesk) -> None:
    sale = desk.sell(5_000, 20_000)
    desk.later(DAY_S - 3_600 * 6)

    assert code_of(desk.refund(sale, 5_000, undo="wrong_card")) == (409, "undo_too_late")


def test_an_unknown_reason_is_refused(desk: TillDesk) -> None:
    sale = desk.sell(5_000)

    assert desk.refund(sale, 5_000, undo="because").status_code == 422
