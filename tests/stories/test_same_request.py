"""A request is asked for once: the same id gives the same answer for ever, other content under it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.errors import Refusal
from ledger.stock.goods import NewGood, put_good
from pos.channel_refunds import refund_by_gateway
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.desk import Desk
from pos.quotes import QuoteRequest, quote_for
from pos.redemption import Piece, RedemptionRequest, redeem
from pos.refunds import RefundRequest, refund
from tests.support.copies import Towns
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.races import desk_in_process, run_processes
from tests.support.town import CIVIC, Town, build_town

Request = SaleRequest | RefundRequest


def answer_to(desk: Desk, request: Request, *, at: int) -> dict[str, Any]:
    """What is said, refusals as values too."""
    act: Callable[..., dict[str, Any]] = refund
    if isinstance(request, SaleRequest):
        act = check_out_by_gateway if request.channel == "gateway" else check_out
    try:
        return act(desk, request, at=at)
    except Refusal as refusal:
        return {"refused": refusal.code, **refusal.facts}


def code_of(desk: Desk, request: Request, *, at: int) -> str:
    return str(answer_to(desk, request, at=at).get("refused", "done"))


# --- one by one


def test_a_sale_with_other_content_is_refused(db: Database) -> None:
    town = build_town(db, grant_units=50_000)
    request = town.sale(1, 5_000, 20_000)
    first = check_out(town.desk, request, at=town.at)

    for other in (
        replace(request, total_fen=5_001),
        replace(request, offset_units=18_000),
        replace(request, token=town.code(2)),
        replace(request, channel="credit_card"),
        replace(request, payment_ref="wx-1"),
        replace(request, ref=town.sale(1, 1).ref, counter=town.tills[0].counter),
    ):
        assert code_of(town.desk, other, at=town.at) == "request_id_reused"

    assert check_out(town.desk, replace(request, pin="271828", clerk_id=7), at=town.at) == first
    check_invariants(db.engine)


def test_an_id_used_for_a_sale_is_no_refund(db: Database) -> None:
    town = build_town(db, grant_units=50_000)
    sale = town.sale(1, 5_000, 20_000)
    check_out(town.desk, sale, at=town.at)
    stolen = replace(town.refund(sale.ref, 1_000), request_id=sale.request_id)

    assert code_of(town.desk, stolen, at=town.at) == "request_id_reused"
    with pytest.raises(Refusal, match="request_id_reused"):
        refund_by_gateway(
            Desk(db, town.desk.terms, town.desk.pepper, FakeChannel()), stolen, at=town.at
        )


def test_a_refusal_stays_though_its_reason_is_gone(db: Database) -> None:
    town = build_town(db)
    poor = town.sale(1, 5_000, 20_000)
    first = answer_to(town.desk, poor, at=town.at)
    assert first == {"refused": "insufficient_points", "available_units": 0, "asked_units": 20_000}
    town.grant(1, 50_000)

    assert answer_to(town.desk, poor, at=town.at) == first
    assert code_of(town.desk, town.sale(1, 5_000, 20_000, token=poor.token), at=town.at) == (
        "token_used"
    )
    assert code_of(town.desk, town.sale(1, 5_000, 20_000), at=town.at) == "done"


def test_a_reference_is_used_once(db: Database) -> None:
    town = build_town(db, tills_each=2, grant_units=50_000)
    sale = town.sale(1, 5_000, 20_000)
    check_out(town.desk, sale, at=town.at)
    other = town.sale(2, 3_000)

    again = replace(other, ref=sale.ref, counter=sale.counter)
    assert code_of(town.desk, again, at=town.at) == "ref_taken"
    back = replace(town.refund(sale.ref, 1_000), ref=sale.ref, counter=sale.counter)
    assert code_of(town.desk, back, at=town.at) == "ref_taken"


def test_goods_are_handed_out_once(db: Database) -> None:
    town = build_town(db, grant_units=50_000)
    here = town.tills[0]
    eggs = NewGood(
        merchant_id=here.merchant_id,
        code="R11",
        name="鸡蛋",
        price_units=25_000,
        commodity=CIVIC,
        cost_fen=900,
        stock=5,
    )
    good_id = db.write(lambda tx: put_good(tx, town.here, eggs, by=SYSTEM, at=town.at))
    ref = here.next_ref(town.day)
    request = RedemptionRequest(
        community_id=town.here,
        terminal_id=here.terminal_id,
        clerk_id=None,
        request_id="goods-1",
        counter=here.counter,
        ref=ref,
        token=town.code(1),
        lines=(Piece(good_id, 1),),
        pin=None,
        occurred_at=town.at,
    )

    first = redeem(town.desk, request, at=town.at)

    assert first["balance_units"] == 25_000
    assert redeem(town.desk, request, at=town.later(500)) == first
    with pytest.raises(Refusal, match="request_id_reused"):
        redeem(town.desk, replace(request, lines=(Piece(good_id, 2),)), at=town.at)
    check_invariants(db.engine)


def test_a_terminal_enrolled_a_moment_ago_sells_at_once(db: Database) -> None:
    """Another server process enrolled it; this one has not read the terms since."""
    town = build_town(db, shops=1, tills_each=2, grant_units=50_000)
    second = town.tills[1].terminal_id

    def know_nothing_of_it() -> None:
        del town.desk.terms_of(town.here).terminals[second]  # type: ignore[attr-defined]
        with db.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE community SET config_version = config_version + 1")

    know_nothing_of_it()
    asked = QuoteRequest(town.here, second, town.code(1), 5_000)
    assert quote_for(town.desk, asked, at=town.at).proposal.units == 30_000
    know_nothing_of_it()
    receipt = check_out(town.desk, town.sale(1, 5_000, 2_000, till=1), at=town.at)

    know_nothing_of_it()
    back = refund(town.desk, town.refund(receipt["ref"], 5_000, till=1), at=town.at)
    assert back["cash_back_fen"] == 4_900


def test_a_till_taken_out_of_service_gives_nothing_back(db: Database) -> None:
    town = build_town(db, tills_each=2, grant_units=50_000)
    receipt = check_out(town.desk, town.sale(1, 5_000, 2_000), at=town.at)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE terminal SET state = 'revoked' WHERE terminal_id = 1011")

    assert code_of(town.desk, town.refund(receipt["ref"], 5_000, till=1), at=town.at) == (
        "terminal_revoked"
    )
    assert code_of(town.desk, town.refund(receipt["ref"], 5_000), at=town.at) == "done"


# --- any stream


def requests_of(town: Town) -> list[Request]:
    """Twelve requests that depend on each other: good ones, bad ones, refunds that may come too early."""
    code = town.code(2)
    sales = [
        town.sale(1, 5_000, 20_000),
        town.sale(1, 4_000, 12_000, till=1, payment_ref="wx-1"),
        town.sale(2, 3_000, 18_000, token=code),
        town.sale(2, 3_000, 2_000, token=code),
        town.sale(3, 9_000, 52_000),
        town.sale(3, 2_000, payment_ref="wx-1"),
        town.sale(1, 2_000, 2_000, channel="gateway"),
        town.sale(2, 100, 2_001),
    ]
    backs = [
        town.refund(sales[0].ref, 2_500),
        town.refund(sales[0].ref, 2_600),
        town.refund(sales[1].ref, 4_000, till=1),
        town.refund(sales[2].ref, 1),
    ]
    return [*sales, *backs]


def check_stream(towns: Towns, order: list[int]) -> None:
    with towns.fresh() as town:
        asked = requests_of(town)
        said: dict[str, dict[str, Any]] = {}
        for number in order:
            request = asked[number]
            answer = answer_to(town.desk, request, at=town.at)
            assert said.setdefault(request.request_id, answer) == answer
        check_invariants(town.db.engine)


ORDERS = st.lists(st.integers(0, 11), min_size=1, max_size=30)


@given(order=ORDERS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_repeated_and_reordered_requests_are_each_answered_once(
    sqlite_towns: Towns, order: list[int]
) -> None:
    check_stream(sqlite_towns, order)


@given(order=ORDERS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_so_they_are_on_postgresql(postgres_towns: Towns, order: list[int]) -> None:
    check_stream(postgres_towns, order)


@pytest.mark.slow
def test_the_same_requests_from_four_processes_at_once_get_one_answer_each(
    engine_url: str,
) -> None:
    db = Database(engine_url)
    town = build_town(db, shops=2, grant_units=50_000, channel=FakeChannel())
    rounds = [requests_of(town) for _ in range(6)]
    asked = [request for one in rounds for request in one if request_is_local(request)]
    db.close()

    def job(number: int) -> list[tuple[str, str]]:
        order = sorted(range(len(asked)), key=lambda n: (n * (2 * number + 3)) % len(asked) // 4)
        with desk_in_process(town, engine_url) as desk:
            return [
                (
                    asked[n].request_id,
                    json.dumps(answer_to(desk, asked[n], at=town.at), sort_keys=True),
                )
                for n in order
            ]

    answers: dict[str, set[str]] = {}
    for request_id, answer in (pair for one in run_processes(4, job) for pair in one):
        answers.setdefault(request_id, set()).add(answer)

    assert len(answers) == len(asked)
    assert {request_id: told for request_id, told in answers.items() if len(told) > 1} == {}
    db = Database(engine_url)
    check_invariants(db.engine)
    db.close()


def request_is_local(request: Request) -> bool:
    """The fake channel of this test lives in one process."""
    return isinstance(request, RefundRequest) or request.channel != "gateway"
