"""People sign in with a session that scripts cannot read and that ends on the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.members import cards, pins, residents, staff
from ledger.members.hashing import QUICK
from ledger.sql import Tx
from tests.support.everyone import SENTENCE, World, settle
from tests.support.http import Server
from tests.support.members import MORNING, OFFICE

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
EIGHT_HOURS = 8 * 3_600 * SECOND_US


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """Two communities; the resident of the first has the PIN 395172."""
    db = Database(sqlite_url)
    server = Server(db)
    made = World(server, settle(server, "CA01"), settle(server, "CA02"))
    here = made.here.town.community_id

    def set_pin(tx: Tx) -> None:
        pins.set_pin(
            tx,
            here,
            int(made.here.ids["person_id"]),
            "395172",
            pepper=server.pepper,
            by=OFFICE,
            at=MORNING,
            cost=QUICK,
        )

    db.write(set_pin)
    yield made
    db.close()


def enter_office(world: World, login: str = "admin", **change: str) -> FlaskClient:
    client = world.server.app.test_client()
    form = {"place": "CA01", "login": login, "password": SENTENCE, **change}
    client.post("/office/sign-in", data=form, headers=SAME_SITE)
    return client


def enter_as_resident(world: World, **change: str) -> FlaskClient:
    client = world.server.app.test_client()
    form = {"place": "CA01", "number": world.here.ids["number"], "pin": "395172", **change}
    client.post("/me/sign-in", data=form, headers=SAME_SITE)
    return client


def is_in(client: FlaskClient, target: str) -> bool:
    return client.get(target).status_code == 200


def test_staff_sign_in_and_out(world: World) -> None:
    client = enter_office(world)

    assert is_in(client, "/office/residents")
    client.post("/office/sign-out", headers=SAME_SITE)
    assert not is_in(client, "/office/residents")


def test_signing_out_ends_the_session_for_whoever_copied_the_cookie(world: World) -> None:
    client, thief = enter_office(world), world.server.app.test_client()
    cookie = client.get_cookie("jifen_staff")
    assert cookie is not None
    thief.set_cookie("jifen_staff", cookie.value)
    assert is_in(thief, "/office/residents")

    client.post("/office/sign-out", headers=SAME_SITE)

    assert not is_in(thief, "/office/residents")


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(world: World) -> None:
    cookie = enter_office(world).get_cookie("jifen_staff")

    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert not cookie.secure
    assert len(cookie.value.partition(".")[2]) == 43


def test_over_https_the_cookie_travels_over_https_only(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    server = Server(db, settings={"public_url": "https://jifen.example"})
    world = World(server, settle(server, "CA01"), settle(server, "CA02"))

    answer = server.call(
        "POST",
        "/office/sign-in",
        data={"place": "CA01", "login": "admin", "password": SENTENCE},
        headers=SAME_SITE,
    )

    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert world.here.town.issuer == "CA01"
    db.close()


@pytest.mark.parametrize(
    "change",
    [
        {"password": "another sentence"},
        {"login": "nobody"},
        {"place": "CA99"},
        {"place": ""},
        {"login": "owner"},
        {"password": ""},
    ],
)
def test_whoever_types_anything_else_stays_out(world: World, change: dict[str, str]) -> None:
    client = enter_office(world, **change)

    assert client.get_cookie("jifen_staff") is None
    answer = client.get("/office/residents")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/office/sign-in?next=/office/residents")


def test_a_password_of_one_community_opens_no_other(world: World) -> None:
    there = world.there.town.community_id
    world.server.db.write(
        lambda tx: staff.set_password(
            tx,
            there,
            int(world.there.ids["staff_id"]),
            "a different sentence",
            pepper=world.server.pepper,
            by=OFFICE,
            at=MORNING,
            cost=QUICK,
        )
    )

    assert enter_office(world, place="CA02").get_cookie("jifen_staff") is None


def test_a_session_ends_by_itself(world: World) -> None:
    client = enter_office(world)

    world.server.at = MORNING + EIGHT_HOURS - 1
    assert is_in(client, "/office/residents")
    world.server.at = MORNING + EIGHT_HOURS
    assert not is_in(client, "/office/residents")


def test_a_role_taken_away_counts_with_the_next_click(world: World) -> None:
    client = enter_office(world, "auditor")
    here = world.here.town.community_id
    assert is_in(client, "/office/residents")

    with world.server.db.read() as tx:
        [auditor] = [row for row in staff.all_staff(tx, here) if row.login == "auditor"]
    world.server.db.write(
        lambda tx: staff.take_role(
            tx, here, int(auditor.staff_id), "auditor", by=OFFICE, at=MORNING
        )
    )

    assert client.get("/office/residents").status_code == 403


def test_a_resident_signs_in_with_the_cards_number_and_pin(world: World) -> None:
    assert is_in(enter_as_resident(world), "/me")
    assert not is_in(enter_as_resident(world, pin="395173"), "/me")
    assert not is_in(enter_as_resident(world, place="CA02"), "/me")


def test_a_lost_card_signs_nobody_in(world: World) -> None:
    here = world.here.town.community_id
    world.server.db.write(
        lambda tx: cards.set_state(
            tx, here, int(world.here.ids["serial"]), "lost", by=OFFICE, at=MORNING
        )
    )

    assert not is_in(enter_as_resident(world), "/me")


def test_a_resident_who_moved_away_is_out_with_the_next_click(world: World) -> None:
    client = enter_as_resident(world)
    assert is_in(client, "/me")

    world.server.db.write(
        lambda tx: residents.leave(
            tx,
            world.here.town.community_id,
            int(world.here.ids["person_id"]),
            by=OFFICE,
            at=MORNING,
        )
    )

    assert not is_in(client, "/me")


def test_a_residents_session_opens_nothing_in_the_office(world: World) -> None:
    client = enter_as_resident(world)
    cookie = client.get_cookie("jifen_resident")
    assert cookie is not None
    client.set_cookie("jifen_staff", cookie.value)

    assert not is_in(client, "/office/residents")


def test_the_way_back_after_signing_in_stays_on_this_site(world: World) -> None:
    for target in ("https://evil.example", "//evil.example", "/office//evil.example"):
        answer = world.server.call(
            "POST",
            "/office/sign-in",
            data={"place": "CA01", "login": "admin", "password": SENTENCE, "next": target},
            headers=SAME_SITE,
        )
        assert answer.headers["Location"] == "/office"
