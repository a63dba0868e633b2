"""Spare codes on a resident's page: always the same few, nothing of anybody in what is kept, none where it is off."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.members import cards, settings
from pos.offline.intake import take_in
from tests.kiosk.test_pages_resident import read_svg
from tests.support.offline_shops import OfflineShops
from tests.support.pages_town import NAMES, Served, text_of
from tests.support.spare import believed, renew
from tests.support.town import HERE

CODES = "/me/spare/codes"


@pytest.fixture
def phones(served: Served) -> Served:
    """The served town, with keys for spare codes."""
    renew(served.town)
    return served


def codes(served: Served, person: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = served.resident(person).get(CODES).get_json()
    return found


def test_the_phone_gets_three_codes_that_a_till_believes(phones: Served) -> None:
    found = codes(phones)

    assert [one["day"] for one in found["codes"]] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    digits = read_svg(found["codes"][0]["picture"])
    assert believed(phones.town, digits).is_spare
    assert found["codes"] == codes(phones)["codes"]
    # Two phones of one person hold the same; another person's are others.
    other = codes(phones, 2)
    assert other["holder"] != found["holder"]
    assert {one["id"] for one in other["codes"]}.isdisjoint({one["id"] for one in found["codes"]})


def test_nothing_the_phone_keeps_names_anybody(phones: Served) -> None:
    client = phones.resident()
    kept = client.get(CODES).get_data(as_text=True) + client.get("/me/spare").get_data(as_text=True)

    assert not any(secret in kept for pair in NAMES.values() for secret in pair)
    assert phones.card_numbers[1] not in kept
    assert "800.00" not in kept
    assert re.search(r"sign-out|request_id", kept) is None


def test_fetching_writes_nothing_and_is_never_kept_on_the_way(phones: Served) -> None:
    client = phones.resident()
    answer = client.get(CODES)

    assert answer.headers["Cache-Control"] == "no-store"
    assert phones.visitor().get(CODES).status_code in {303, 401}


def test_a_stopped_card_and_a_setting_take_them_away(phones: Served) -> None:
    town = phones.town
    client = phones.resident()
    off = {"spare_code_days": 0}
    town.db.write(lambda tx: settings.change(tx, HERE, off, by=SYSTEM, why="test", at=town.at))

    assert client.get(CODES).get_json()["codes"] == []
    assert "不用备用码" in text_of(client.get("/me/spare"))
    assert "断网备用码" not in text_of(client.get("/me"))

    def lose(tx: Any) -> None:
        for card in cards.cards_of(tx, HERE, 1):
            cards.set_state(tx, HERE, card.serial, "lost", by=SYSTEM, at=town.at)

    town.db.write(lose)
    refused = client.get(CODES, headers={"Accept": "application/json"})
    assert refused.status_code == 409
    assert refused.get_json()["code"] == "card_none"


def test_after_one_was_shown_twice_there_are_none_for_thirty_days(phones: Served) -> None:
    town = phones.town
    shops = OfflineShops.around(town)
    shops.allow()
    digits = read_svg(codes(phones)["codes"][0]["picture"])
    made = [shops.made(shops.policy(n), 1, 2_000, till=n, token=digits) for n in (0, 1)]
    for request in made:
        take_in(town.desk, request, at=town.at)
    client = phones.resident()

    refused = client.get(CODES, headers={"Accept": "application/json"})
    page = text_of(client.get("/me"))

    assert refused.get_json()["code"] == "spare_paused"
    assert "您的积分只扣了一次" in page
    town.later(31 * 86_400)
    renew(town)
    assert len(codes(phones)["codes"]) == 3
