"""Shifts over HTTP: signed by the till, one behind the other, each opened on what the last one left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ledger.database import Database
from ledger.sql import Sql
from tests.support.http import code_of
from tests.support.shift_lines import hash_of, shift_entry
from tests.support.till_desk import TillDesk, open_desk
from tests.support.town import HERE

_KEPT = Sql(
    "SELECT entry_no, kind, shift_no, counted_fen, line FROM shift_entry"
    " WHERE community_id = :community_id ORDER BY entry_no"
)


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[TillDesk]:
    """A till with a clerk."""
    db = Database(sqlite_url)
    yield open_desk(db)
    db.close()


def file(desk: TillDesk, line: str) -> Any:
    return desk.post("/api/v1/shifts", {"line": line})


def opened(desk: TillDesk) -> str:
    """A first shift, opened on 200.00 yuan; gives its line."""
    line = shift_entry(desk, 1, "", "open", e=20_000, d=20_000)
    assert file(desk, line).status_code == 201
    return line


def closed(desk: TillDesk, first: str, **more: Any) -> str:
    """The shift's closing: 240.00 expected, 239.00 counted, 139.00 taken out."""
    figures = {"f": 1, "l": 3, "e": 24_000, "d": 23_900, "o": 13_900, "es": 3, "ds": 2, **more}
    return shift_entry(desk, 2, hash_of(first), "close", **figures)


def test_a_shift_is_closed_with_its_differences_and_the_next_opens_on_what_is_left(
    desk: TillDesk,
) -> None:
    first = opened(desk)
    second = closed(desk, first)
    answer = file(desk, second)
    assert answer.get_json() == {
        "entry_no": 2,
        "kind": "close",
        "shift_no": 1,
        "difference_fen": -100,
        "difference_slips": -1,
    }
    state = desk.tablet.call("GET", "/api/v1/till/state").get_json()["shift"]
    assert (state["shift_no"], state["is_open"], state["left_fen"]) == (1, False, 10_000)
    assert state["hash"] == hash_of(second)

    third = shift_entry(desk, 3, hash_of(second), "open", e=10_000, d=9_950)

    assert file(desk, third).get_json()["difference_fen"] == -50
    with desk.town.db.read() as tx:
        kept = [tuple(row) for row in tx.all(_KEPT, community_id=HERE)]
    assert kept == [
        (1, "open", 1, 20_000, first),
        (2, "close", 1, 23_900, second),
        (3, "open", 2, 9_950, third),
    ]


def test_the_same_entry_again_changes_nothing(desk: TillDesk) -> None:
    first = opened(desk)
    second = closed(desk, first)

    answers = [file(desk, second).get_json() for _ in range(2)]

    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"e": 24_000, "o": 24_000}, "shift_not_chained"),  # more taken than was there
        ({"f": 2}, "shift_not_chained"),  # a receipt between two shifts
        ({"s": 2}, "shift_not_chained"),
        ({"p": "A" * 43}, "shift_not_chained"),
        ({"n": 3}, "shift_gap"),
        ({"w": "open"}, "shift_not_chained"),  # opened twice
        ({"d": -1}, "shift_line_bad"),
        ({"d": True}, "shift_line_bad"),
        ({"d": 1.0}, "shift_line_bad"),
        ({"x": 1}, "shift_line_bad"),
        ({"c": "7"}, "shift_line_bad"),
    ],
)
def test_an_entry_that_does_not_follow_is_refused(
    desk: TillDesk, change: dict[str, Any], refusal: str
) -> None:
    first = opened(desk)

    assert code_of(file(desk, closed(desk, first, **change))) == refusal


def test_a_next_shift_on_another_sum_than_was_left_is_refused(desk: TillDesk) -> None:
    first = opened(desk)
    second = closed(desk, first)
    file(desk, second)

    third = shift_entry(desk, 3, hash_of(second), "open", e=23_900, d=23_900)

    assert code_of(file(desk, third)) == "shift_not_chained"


def test_another_entry_under_a_number_that_is_taken_is_refused(desk: TillDesk) -> None:
    first = opened(desk)
    file(desk, closed(desk, first))

    assert code_of(file(desk, closed(desk, first, d=24_000))) == "shift_changed"


def test_an_entry_signed_by_anything_else_is_refused(desk: TillDesk) -> None:
    own = desk.tablet.device
    desk.tablet.device = ec.generate_private_key(ec.SECP256R1())
    line = shift_entry(desk, 1, "", "open")
    desk.tablet.device = own

    assert code_of(file(desk, line)) == "shift_line_bad"


def test_no_shift_is_closed_while_the_till_says_that_entries_of_it_wait(desk: TillDesk) -> None:
    first = opened(desk)
    said = {"waiting": [2], "unused": [1, 3], "last_counter": 3}
    told = desk.post("/api/v1/till/waiting", said)
    assert told.status_code == 200, told.text
    line = closed(desk, first)

    answer = file(desk, line)

    assert (code_of(answer), answer.get_json()["facts"]) == ("shift_entries_wait", {"count": 1})
    desk.post("/api/v1/till/waiting", {**said, "waiting": [], "unused": [1, 2, 3]})
    assert file(desk, line).status_code == 201


def test_a_tablet_says_how_it_is_doing_and_names_nobody(desk: TillDesk) -> None:
    told = {
        "version": "index-Bc1",
        "battery_percent": 41,
        "charging": False,
        "waiting": 3,
        "clock_ahead_ms": -7_200_000,
        "secure": True,
        "synced_at": desk.at_text(),
        "tested_at": None,
        "test_failed": ["scanner"],
    }

    assert desk.post("/api/v1/terminals/health", told).get_json() == {"seen": True}
    assert code_of(desk.post("/api/v1/terminals/health", {**told, "battery_percent": 101}))
    with desk.town.db.read() as tx:
        [row] = tx.all(
            Sql("SELECT * FROM terminal_health WHERE community_id = :community_id"),
            community_id=HERE,
        )
    assert (row.battery_percent, row.charging, row.waiting) == (41, 0, 3)
    assert json.loads(row.test_failed) == ["scanner"]
