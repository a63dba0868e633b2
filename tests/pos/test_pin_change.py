"""One change of a PIN asked for twice at the same moment: it is changed, and both presses are told so."""

from __future__ import annotations

import threading

import pytest

from ledger.audit import By
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_request_id
from ledger.members import pins
from pos.notices import PIN_CHANGED, told_to
from pos.pin_change import change_pin
from tests.support import misuse
from tests.support.town import HERE, Town, build_town

PINS = ("839204", "519377", "640281", "274916", "905138")


@pytest.fixture
def town(db: Database) -> Town:
    """One person with a PIN."""
    made = build_town(db, people=1, grant_units=100_000)
    misuse.spend(made, 2_000, pin=misuse.PIN)
    return made


def press_twice(town: Town, old: str, new: str) -> list[str]:
    """What two presses of one form at the same moment are told."""
    number, together, told = new_request_id(town.at), threading.Barrier(2), []

    def press() -> None:
        together.wait(timeout=30)
        try:
            change_pin(
                town.db,
                HERE,
                1,
                old,
                new,
                pepper=town.desk.pepper,
                by=By("resident", 1),
                at=town.at,
                cost=misuse.CHEAP,
                request_id=number,
            )
            told.append("changed")
        except (Refusal, GuardMissedError) as refusal:
            told.append(str(refusal))

    presses = [threading.Thread(target=press) for _ in range(2)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    return told


def test_two_presses_of_one_form_change_it_once_and_both_are_told_so(town: Town) -> None:
    old = misuse.PIN
    for new in PINS:
        assert press_twice(town, old, new) == ["changed", "changed"]
        old = new

    pins.check_pin(town.db, HERE, 1, old, pepper=town.desk.pepper, at=town.at)
    with town.db.read() as tx:
        told = told_to(tx, HERE, 1, most=20)
    assert [one.kind for one in told].count(PIN_CHANGED) == len(PINS)


def test_two_presses_with_a_wrong_old_one_change_nothing(town: Town) -> None:
    assert "changed" not in press_twice(town, "000111", PINS[0])
    pins.check_pin(town.db, HERE, 1, misuse.PIN, pepper=town.desk.pepper, at=town.at)
