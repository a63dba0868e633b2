"""What a till is told for the time without network: limits, the cards that are not good, which numbers are missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import cards, keys, terminals
from ledger.members.device_keys import from_base64url
from ledger.offline import shops, waiting
from ledger.offline.policy import Policy, read_policy
from ledger.offline.status_list import StatusList, read_list
from ledger.token_keys import KeySet
from tests.support.everyone import World, settle
from tests.support.http import VAULT, Server, Tablet, code_of
from tests.support.members import MORNING, OFFICE

STATE = "/api/v1/till/state"


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


def told(tablet: Tablet) -> dict[str, Any]:
    answer = tablet.call("GET", STATE).get_json()
    found: dict[str, Any] = answer["offline"]
    return found


def decide(world: World, units: int) -> None:
    town = world.here.town
    world.server.db.write(
        lambda tx: shops.decide_shop(
            tx,
            town.community_id,
            town.merchant_id,
            units,
            why="网络常断",
            by=OFFICE,
            at=world.server.at,
        )
    )


def policy_of(world: World, found: dict[str, Any]) -> Policy:
    town = world.here.town
    desk = world.server.app.extensions["jifen"].desk
    return read_policy(
        found["policy"],
        desk.offline_key,
        community_id=town.community_id,
        terminal_id=town.terminal_id,
    )


def test_a_new_shop_may_earn_and_not_spend_without_network(world: World) -> None:
    found = told(till_of(world))

    assert (found["spending"], found["why_not"]) == (False, "offline_off")
    assert (found["terminal_units"], found["left_units"], found["sale_fen"]) == (0, 0, 0)
    assert not policy_of(world, found).spends


def test_the_office_lets_a_shop_do_it_and_takes_it_back(world: World) -> None:
    decide(world, 100_000)
    on = told(till_of(world))
    world.server.at += SECOND_US
    decide(world, 0)
    off = told(till_of(world))

    assert (on["spending"], on["why_not"]) == (True, None)
    assert (on["terminal_units"], on["left_units"], on["left_fen"]) == (100_000, 100_000, 5_000)
    assert (on["card_units"], on["sale_units"], on["sale_fen"]) == (10_000, 10_000, 500)
    assert on["classes"] == ["card", "vch"]
    assert policy_of(world, on).valid_until == MORNING + 24 * 3_600 * SECOND_US
    assert off["why_not"] == "offline_off"


def test_no_more_is_allowed_than_the_community_chose(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        decide(world, 200_001)

    assert refused.value.code == "offline_units_bad"


def test_a_goods_counter_lets_nothing_go_without_network(world: World) -> None:
    decide(world, 100_000)
    counter = world.here.callers["counter_clerk"]
    assert isinstance(counter, Tablet)

    assert told(counter)["why_not"] == "offline_counter"


def fetched(world: World, version: str = "") -> tuple[StatusList, dict[str, Any]]:
    tablet = till_of(world)
    answer = tablet.call("GET", f"/api/v1/till/cards?version={version}").get_json()
    published = KeySet.from_jwks(tablet.call("GET", STATE).get_json()["jwks"])
    found = read_list(
        from_base64url(answer["cwt"]),
        published,
        issuer="CA01",
        now_s=world.server.at // SECOND_US,
    )
    return found, answer


def test_a_lost_card_is_on_the_next_list_and_its_older_issue_is_dead(world: World) -> None:
    here, serial = world.here.town.community_id, int(world.here.ids["serial"])
    db, at = world.server.db, world.server.at
    db.write(lambda tx: keys.renew_keys(tx, VAULT, here, at=at, by=0))
    before, first = fetched(world)
    db.write(lambda tx: cards.set_state(tx, here, serial, "lost", by=OFFICE, at=at))
    lost, second = fetched(world, first["version"])
    db.write(lambda tx: cards.reissue(tx, here, serial, by=OFFICE, at=at))
    anew, third = fetched(world, second["version"])
    _, again = fetched(world, third["version"])

    assert before.is_good(serial, 1)
    assert not lost.is_good(serial, 1)
    assert (anew.is_good(serial, 1), anew.is_good(serial, 2)) == (False, True)
    assert [one["is_new"] for one in (first, second, third, again)] == [True, True, True, False]
    assert told(till_of(world))["cards_version"] == third["version"]


def test_numbers_nobody_explains_are_named(world: World) -> None:
    body = {"waiting": [3, 4], "unused": [2], "last_counter": 6}

    answer = till_of(world).call("POST", "/api/v1/till/waiting", body)

    assert answer.get_json() == {"missing": [1, 5, 6], "waiting": [3, 4]}


def test_slips_known_from_paper_count_too(world: World) -> None:
    town = world.here.town
    till_of(world).call(
        "POST", "/api/v1/till/waiting", {"waiting": [], "unused": [1], "last_counter": 1}
    )

    found = world.server.db.write(
        lambda tx: waiting.mark_slips(
            tx,
            town.community_id,
            town.terminal_id,
            4,
            why="平板数据被清空",
            by=OFFICE,
            at=world.server.at,
        )
    )

    assert (found.last_counter, found.missing, found.waiting) == (4, [2, 3, 4], [])
    assert till_of(world).call("GET", STATE).get_json()["terminal"]["last_counter"] == 4


def test_a_till_out_of_service_still_says_what_it_holds(world: World) -> None:
    town = world.here.town
    world.server.db.write(
        lambda tx: terminals.revoke(
            tx, town.community_id, town.terminal_id, by=OFFICE, at=world.server.at
        )
    )
    body = {"waiting": [1], "unused": [], "last_counter": 1}

    assert till_of(world).call("POST", "/api/v1/till/waiting", body).status_code == 200
    assert code_of(till_of(world).call("GET", STATE)) == "terminal_revoked"
