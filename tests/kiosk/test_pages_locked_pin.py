"""A PIN locked after wrong tries: the office is told on its first page, and calls whoever it belongs to."""

from __future__ import annotations

from functools import partial

import pytest

from kiosk.context import pepper_of
from ledger.errors import Refusal
from ledger.members import pins
from tests.kiosk.test_pages_office import post
from tests.support.pages_town import NAMES, Served, text_of
from tests.support.town import HERE

TOLD = "密码输错被锁"


def try_wrong(served: Served, times: int) -> None:
    town = served.town
    check = partial(pins.check_pin, town.db, HERE, 1, "000001", pepper=pepper_of(town.vault))
    for _ in range(times):
        with pytest.raises(Refusal, match=r"pin_wrong|pin_locked"):
            check(at=town.at)


def test_the_office_is_told_of_a_locked_pin_until_the_desk_sets_a_new_one(served: Served) -> None:
    try_wrong(served, 4)
    assert TOLD not in text_of(served.member("wang").get("/office/today"))

    try_wrong(served, 1)

    assert TOLD in text_of(served.member("wang").get("/office/today"))
    listed = served.member("wang").get("/office/residents")
    assert TOLD in text_of(listed)
    assert "/office/residents/1" in listed.get_data(as_text=True)
    assert NAMES[1][0] not in listed.get_data(as_text=True)
    page = "/office/residents/1"
    post(served, "wang", page, f"{page}/pin", pin="582917", again="582917")
    assert TOLD not in text_of(served.member("wang").get("/office/today"))
