"""The residents' own screen over HTTP: what it may, what it may not, and a call for help that one counter answers."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from kiosk.clerk_tokens import ClerkToken, make_token
from kiosk.context import pepper_of
from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import pins, terminals
from ledger.members.hashing import QUICK
from ledger.sql import Sql
from ledger.token_keys import KeyClass
from pos import help_calls
from pos.help_calls import HELP_US, Place, call_staff, take_call
from pos.redemption import Piece
from tests.support.counter_tablet import RefusedError, counter_tablet
from tests.support.device import public_jwk
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.http import VAULT, Server, Tablet, code_of
from tests.support.town import HERE

_STORED = Sql("SELECT basket FROM help_call WHERE community_id = :community_id")


@pytest.fixture
def counter(db: Database) -> GoodsCounter:
    """Eggs for 5 points, at a counter that is open; persons with 500 points each."""
    made = counter_of(db, "changan", "2026-03-03 09:30", grant_units=50_000, vault=VAULT)
    made.put("R02", "鸡蛋(袋)", 500, 20, cost_fen=800)
    return made


def screen_of(counter: GoodsCounter, server: Server, *, clerk: bool = False) -> Tablet:
    """A fresh residents' screen at the supermarket; `clerk`: a clerk's token is shown to it."""
    town = counter.town

    def work(tx) -> tuple[int, str]:
        opened = terminals.open_terminal(
            tx, HERE, 1, code="M01K1", kind="kiosk", by=SYSTEM, at=town.at
        )
        return opened, terminals.make_enrolment_code(tx, HERE, opened, by=SYSTEM, at=town.at)

    terminal_id, code = town.db.write(work)
    device = ec.generate_private_key(ec.SECP256R1())
    body = {"community": "CA01", "code": code, "public_jwk": public_jwk(device)}
    assert server.call("POST", "/api/v1/terminals/enrol", json=body).status_code == 201
    signed = ClerkToken(HERE, terminal_id, 1, town.at + 8 * 3_600 * SECOND_US)
    token = make_token(signed, VAULT.derive("clerk tokens")) if clerk else ""
    return Tablet(server, HERE, terminal_id, device, clerk_token=token)


def lines(counter: GoodsCounter, quantity: int) -> list[dict[str, Any]]:
    return [{"good_id": str(counter.goods["R02"]), "quantity": quantity}]


@pytest.mark.parametrize("clerk", [False, True], ids=["nobody", "with a clerk's token"])
def test_the_screen_may_nothing_that_a_clerk_may(counter: GoodsCounter, *, clerk: bool) -> None:
    server = Server(counter.town.db, at=counter.town.at)
    screen = screen_of(counter, server, clerk=clerk)
    closed: tuple[tuple[str, str, object], ...] = (
        ("GET", "/api/v1/till/state", None),
        ("GET", "/api/v1/counter/queue", None),
        ("GET", "/api/v1/counter/calls", None),
        ("POST", "/api/v1/redemptions", {}),
        ("POST", "/api/v1/sales", {}),
        ("POST", "/api/v1/counter/holder", {}),
        ("POST", "/api/v1/clerks/sign-in", {"clerk_id": "1", "code": "2580"}),
        ("POST", "/api/v1/claims", {}),
    )
    for method, path, body in closed:
        assert code_of(screen.call(method, path, body)) == "not_allowed", path
    state = screen.call("GET", "/api/v1/kiosk/state").get_json()
    assert state["idle_s"] == 90
    assert not {"clerks", "owed", "rules", "cover"} & set(state)


def test_a_till_and_a_counter_may_not_speak_as_the_screen(counter: GoodsCounter) -> None:
    tablet = counter_tablet(counter.town)
    with pytest.raises(RefusedError, match="not_allowed"):
        tablet.get("/kiosk/state")


def test_what_is_kept_at_the_screen_is_collected_at_the_counter(counter: GoodsCounter) -> None:
    town = counter.town
    server = Server(town.db, at=town.at)
    tablet = counter_tablet(town, server)
    screen = screen_of(counter, server)
    card = town.code(1, KeyClass.CARD)
    request = {"request_id": new_request_id(town.at), "token": card, "lines": lines(counter, 2)}

    kept = screen.call("POST", "/api/v1/kiosk/orders", request)
    again = screen.call("POST", "/api/v1/kiosk/orders", request)

    assert kept.status_code == 201
    assert again.get_json() == kept.get_json()
    mine = screen.call("POST", "/api/v1/kiosk/holder", {"token": card}).get_json()
    assert mine["available_units"] == 49_000
    assert mine["orders"] == [{"number": kept.get_json()["number"], "units": 1_000}]
    assert set(mine) == {
        "holder_label",
        "available_units",
        "pending_units",
        "owed_units",
        "orders",
        "notices",
    }
    handed = tablet.post(
        "/redemptions",
        {
            **tablet.document(),
            "token": card,
            "lines": lines(counter, 2),
            "order_id": kept.get_json()["order_id"],
        },
    )
    assert handed["balance_units"] == 49_000


def test_a_call_brings_the_basket_to_one_counter_and_no_code(counter: GoodsCounter) -> None:
    town = counter.town
    server = Server(town.db, at=town.at)
    tablet = counter_tablet(town, server)
    screen = screen_of(counter, server)
    request = {"request_id": new_request_id(town.at), "lines": lines(counter, 3)}

    assert screen.call("POST", "/api/v1/kiosk/calls", request).status_code == 201
    assert screen.call("POST", "/api/v1/kiosk/calls", request).status_code == 201

    (call,) = tablet.get("/counter/calls")["items"]
    assert (call["terminal_code"], call["pieces"]) == ("M01K1", 3)
    take = {"request_id": tablet.request_id(), "call_id": call["call_id"]}
    assert tablet.post("/counter/calls/take", take)["lines"] == lines(counter, 3)
    assert tablet.post("/counter/calls/take", take)["lines"] == lines(counter, 3)
    assert tablet.get("/counter/calls")["items"] == []
    with pytest.raises(RefusedError, match="help_call_taken"):
        tablet.post("/counter/calls/take", {**take, "request_id": tablet.request_id()})
    with town.db.read() as tx:
        (row,) = tx.all(_STORED, community_id=HERE)
    assert row.basket == f"[[{counter.goods['R02']}, 3]]"


def test_a_call_that_nobody_took_is_over_after_half_an_hour(counter: GoodsCounter) -> None:
    town, place = counter.town, Place(HERE, 1, 77)
    call_staff(town.db, place, "call-1", (), at=town.at)
    with town.db.read() as tx:
        assert len(help_calls.waiting_calls(tx, HERE, 1, at=town.at + HELP_US - 1)) == 1
        assert help_calls.waiting_calls(tx, HERE, 1, at=town.at + HELP_US) == []
    with pytest.raises(Refusal, match="help_call_taken"):
        take_call(town.db, place, "take-1", "call-1", at=town.at + HELP_US)


def test_two_counters_never_take_one_call_and_without_the_guard_both_do(
    counter: GoodsCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked while it waited; the second write finds it gone."""
    town = counter.town
    call_staff(town.db, Place(HERE, 1, 77), "call-1", (Piece(1, 1),), at=town.at)
    take = partial(take_call, town.db, call_id="call-1", at=town.at)
    seen_waiting = Sql(str(help_calls._ONE.text).replace(" AND state = 'waiting'", ""))
    monkeypatch.setattr(help_calls, "_ONE", seen_waiting)

    take(Place(HERE, 1, 1), "take-1")
    with pytest.raises(Refusal, match="help_call_taken"):
        take(Place(HERE, 1, 2), "take-2")

    unguarded = Sql(str(help_calls._TAKE.text).replace(" AND state = 'waiting'", ""))
    monkeypatch.setattr(help_calls, "_TAKE", unguarded)
    assert take(Place(HERE, 1, 3), "take-3") == (Piece(1, 1),)


# --- a PIN changed at the screen


def give_pin(counter: GoodsCounter, digits: str = "471903") -> None:
    town = counter.town
    town.db.write(
        lambda tx: pins.set_pin(
            tx, HERE, 1, digits, pepper=pepper_of(VAULT), by=SYSTEM, at=town.at, cost=QUICK
        )
    )


def right(counter: GoodsCounter, digits: str) -> str:
    try:
        pins.check_pin(
            counter.town.db, HERE, 1, digits, pepper=pepper_of(VAULT), at=counter.town.at
        )
    except Refusal as refusal:
        return refusal.code
    return "right"


def test_a_holder_changes_their_pin_with_the_old_one_once(counter: GoodsCounter) -> None:
    give_pin(counter)
    screen = screen_of(counter, Server(counter.town.db, at=counter.town.at))
    body = {
        "request_id": new_request_id(counter.town.at),
        "token": counter.town.code(1, KeyClass.CARD),
        "old": "471903",
        "pin": "839204",
    }

    # Its answer lost, it is sent again: the old PIN is wrong by now, and it costs no try.
    for _ in range(7):
        assert screen.call("POST", "/api/v1/kiosk/pin", body).status_code == 200

    assert right(counter, "839204") == "right"
    with counter.town.db.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM request")).all())
    assert "839204" not in kept
    assert "471903" not in kept


def test_wrong_old_ones_lock_it_and_weak_new_ones_are_refused(counter: GoodsCounter) -> None:
    give_pin(counter)
    screen = screen_of(counter, Server(counter.town.db, at=counter.town.at))

    def change(old: str, new: str) -> str:
        body = {
            "request_id": new_request_id(counter.town.later(1)),
            "token": counter.town.code(1, KeyClass.CARD),
            "old": old,
            "pin": new,
        }
        return code_of(screen.call("POST", "/api/v1/kiosk/pin", body))

    assert change("471903", "123456") == "pin_trivial"
    assert change("471903", "12345") == "pin_shape"
    assert change("471903", "471903") == "pin_same"
    wrong = [change("000111", "839204") for _ in range(5)]
    assert wrong == ["pin_wrong"] * 4 + ["pin_locked"]
    assert change("471903", "839204") == "pin_locked"
