"""Tills: enrolment over HTTP, proofs that fit one call only, clerks until the shift ends."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.members import clerks, terminals
from tests.support.everyone import CLERK_CODE, World, settle
from tests.support.http import Server, Tablet, code_of, everything
from tests.support.members import MORNING, OFFICE, jwk_of, new_device

STATE = "/api/v1/till/state"
HOUR = 3_600 * SECOND_US


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """Two communities with everybody in them."""
    db = Database(sqlite_url)
    server = Server(db)
    yield World(server, settle(server, "CA01"), settle(server, "CA02"))
    db.close()


def till_of(world: World) -> Tablet:
    town = world.here.town
    return Tablet(world.server, town.community_id, town.terminal_id, town.device)


def new_code(world: World) -> str:
    town = world.here.town
    return world.server.db.write(
        lambda tx: terminals.make_enrolment_code(
            tx, town.community_id, town.terminal_id, by=OFFICE, at=world.server.at
        )
    )


# --- enrolment


def test_a_tablet_enrols_itself_and_is_known_from_then_on(world: World) -> None:
    device = new_device()
    body = {"community": "CA01", "code": new_code(world), "public_jwk": jwk_of(device)}

    answer = world.server.call("POST", "/api/v1/terminals/enrol", json=body)

    assert answer.status_code == 201
    enrolled = answer.get_json()
    assert enrolled == {
        "terminal_id": str(world.here.town.terminal_id),
        "terminal_code": "M01T1",
        "community_id": str(world.here.town.community_id),
        "merchant_name": "老李粮油店",
        "branch_name": "常村路店",
        "kind": "till",
        "log": None,  # nothing was sealed yet
    }
    fresh = Tablet(
        world.server, int(enrolled["community_id"]), int(enrolled["terminal_id"]), device
    )
    assert fresh.call("GET", STATE).status_code == 200
    assert code_of(till_of(world).call("GET", STATE)) == "proof_bad"


def test_a_code_that_is_used_up_is_refused_over_http_too(world: World) -> None:
    body = {"community": "CA01", "code": new_code(world), "public_jwk": jwk_of(new_device())}
    world.server.call("POST", "/api/v1/terminals/enrol", json=body)

    answer = world.server.call("POST", "/api/v1/terminals/enrol", json=body)

    assert (answer.status_code, code_of(answer)) == (409, "enrolment_used")
    assert answer.get_json()["detail_en"].endswith("Ask the office for a new one.")


# --- proofs


WRONG_PROOFS: dict[str, tuple[dict[str, object], int, str]] = {
    "another method": ({"htm": "POST"}, 401, "proof_bad"),
    "another path": ({"htu": "/api/v1/sales"}, 401, "proof_bad"),
    "another query": ({"htu": STATE + "?day=2026-03-02"}, 401, "proof_bad"),
    "another body": ({"bh": "A" * 43}, 401, "proof_bad"),
    "an old one": ({"iat": MORNING // SECOND_US - 301}, 401, "proof_clock"),
    "one from the future": ({"iat": MORNING // SECOND_US + 301}, 401, "proof_clock"),
    "no whole second": ({"iat": MORNING / SECOND_US + 0.5}, 401, "proof_bad"),
    "a truth for a time": ({"iat": True}, 401, "proof_bad"),
    "another algorithm": ({"alg": "HS256"}, 401, "proof_bad"),
    "no algorithm": ({"alg": "none"}, 401, "proof_bad"),
    "another kind of token": ({"typ": "JWT"}, 401, "proof_bad"),
    "another terminal": ({"kid": "12345"}, 404, "terminal_not_found"),
    "a number for an id": ({"kid": 12345}, 401, "proof_bad"),
    "another community": ({"c": "12345"}, 404, "community_not_found"),
    "a short number used once": ({"jti": "1"}, 401, "proof_bad"),
}


@pytest.mark.parametrize("name", WRONG_PROOFS)
def test_a_proof_made_for_anything_else_is_refused(world: World, name: str) -> None:
    change, status, code = WRONG_PROOFS[name]

    answer = till_of(world).call("GET", STATE, **change)

    assert (answer.status_code, code_of(answer)) == (status, code)


@pytest.mark.parametrize(
    "header",
    [
        "Jifen-Device ",
        "Jifen-Device a.b.c",
        "Jifen-Device " + "a" * 3_000,
        "Jifen-Device e30.e30.AAAA",
        "Jifen-Device W10.e30.AAAA",
        "Jifen-Device eyJ0eXAiOiJqaWZlbi1wcm9vZiJ9.e30.===",
    ],
)
def test_a_header_that_is_no_proof_is_refused(world: World, header: str) -> None:
    answer = world.server.call("GET", STATE, headers={"Authorization": header})

    assert (answer.status_code, code_of(answer)) == (401, "proof_bad")


def test_a_body_changed_on_the_way_is_refused(world: World) -> None:
    till = till_of(world)
    asked = json.dumps({"clerk_id": world.here.ids["clerk_id"], "code": CLERK_CODE}).encode()
    headers = {"Authorization": till.proof("POST", "/api/v1/clerks/sign-in", asked)}

    answer = world.server.call(
        "POST",
        "/api/v1/clerks/sign-in",
        data=asked.replace(b"5827", b"5828"),
        headers=headers,
        content_type="application/json",
    )

    assert code_of(answer) == "proof_bad"


def test_a_till_of_one_community_cannot_speak_for_another(world: World) -> None:
    there = world.there.town

    answer = till_of(world).call("GET", STATE, c=str(there.community_id))
    stolen_name = till_of(world).call(
        "GET", STATE, c=str(there.community_id), kid=str(there.terminal_id)
    )

    assert code_of(answer) == "terminal_not_found"
    assert code_of(stolen_name) == "proof_bad"


def test_a_revoked_till_is_refused_with_its_next_call(world: World) -> None:
    till, town = till_of(world), world.here.town
    assert till.call("GET", STATE).status_code == 200

    world.server.db.write(
        lambda tx: terminals.revoke(tx, town.community_id, town.terminal_id, by=OFFICE, at=MORNING)
    )

    answer = till.call("GET", STATE)
    assert (answer.status_code, code_of(answer)) == (403, "terminal_revoked")


def test_a_wrong_clock_is_told_by_how_much(world: World) -> None:
    answer = till_of(world).call("GET", STATE, iat=MORNING // SECOND_US - 4_000)

    assert answer.get_json()["facts"] == {"off_s": 4_000}
    assert answer.headers["Jifen-Time"] == str(MORNING // 1_000)


# --- clerks


def clerk_in(world: World) -> Tablet:
    till = till_of(world)
    body = {"clerk_id": world.here.ids["clerk_id"], "code": CLERK_CODE}
    answer = till.call("POST", "/api/v1/clerks/sign-in", body)
    assert answer.status_code == 200
    till.clerk_token = answer.get_json()["clerk_token"]
    assert answer.get_json()["expires_at"] == "2026-03-03T04:00:00+08:00"
    return till


def sales_today(tablet: Tablet) -> str:
    answer = tablet.call("GET", "/api/v1/sales?day=2026-03-02")
    return code_of(answer) or str(answer.status_code)


def test_a_clerk_signed_in_may_look_at_the_days_sales_until_four_in_the_morning(
    world: World,
) -> None:
    clerk = clerk_in(world)

    assert sales_today(till_of(world)) == "clerk_needed"
    assert sales_today(clerk) == "200"
    world.server.at = MORNING + 19 * HOUR - 1
    assert sales_today(clerk) == "200"
    world.server.at = MORNING + 19 * HOUR
    assert sales_today(clerk) == "clerk_token_bad"


def test_a_clerks_token_is_good_at_one_till_only(world: World) -> None:
    clerk = clerk_in(world)
    counter = world.here.callers["counter_clerk"]
    assert isinstance(counter, Tablet)
    elsewhere = Tablet(world.server, counter.community_id, counter.terminal_id, counter.device)
    elsewhere.clerk_token = clerk.clerk_token

    assert sales_today(elsewhere) == "clerk_token_bad"


@pytest.mark.parametrize("change", [("A", "B"), (".", ""), (".", ".A")])
def test_a_clerks_token_somebody_wrote_is_refused(world: World, change: tuple[str, str]) -> None:
    clerk = clerk_in(world)
    body, _, mac = clerk.clerk_token.partition(".")
    old, new = change
    clerk.clerk_token = (
        f"{body}.{mac}".replace(old, new) if old == "." else f"{body[:-1]}{new}.{mac}"
    )

    assert sales_today(clerk) == "clerk_token_bad"


def test_a_clerk_who_left_is_out_with_the_next_call(world: World) -> None:
    clerk, town = clerk_in(world), world.here.town

    world.server.db.write(
        lambda tx: clerks.set_state(
            tx, town.community_id, int(world.here.ids["clerk_id"]), "left", by=OFFICE, at=MORNING
        )
    )

    assert sales_today(clerk) == "clerk_token_bad"


def test_a_clerk_of_another_community_does_not_exist_here(world: World) -> None:
    before = everything(world.server.db)
    body = {"clerk_id": world.there.ids["clerk_id"], "code": CLERK_CODE}

    answer = till_of(world).call("POST", "/api/v1/clerks/sign-in", body)

    assert (answer.status_code, code_of(answer)) == (404, "clerk_not_found")
    assert everything(world.server.db) == before
