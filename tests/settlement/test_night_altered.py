"""Somebody with the database open changes a row: the night finds it and does not close the day."""

from __future__ import annotations

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement.night import run_night, verify_night
from tests.settlement.test_four_nights import night_of
from tests.settlement.test_night_crash import few
from tests.support.night_plant import HOUR, Day, Entry, into, midnight, next_day
from tests.support.town import HERE

BREAKS = Sql(
    "SELECT sub_code, ref, booked_fen, state FROM discrepancy"
    " WHERE community_id = :community_id AND code = 'C2' ORDER BY discrepancy_no"
)
SIDES = Sql(
    "SELECT code, booked_fen, claimed_fen FROM discrepancy WHERE community_id = :community_id"
    " AND ref = :ref AND code <> 'C2'"
)


def matched_sale(day: Day) -> Entry:
    planted = {p.ref for p in day.truth}
    refunded = {e.original for e in day.booked}
    return next(
        e for e in day.booked if e.fen > 300 and e.ref not in planted and e.ref not in refunded
    )


def c2_of(db: Database):
    with db.read() as tx:
        return [tuple(row) for row in tx.all(BREAKS, community_id=HERE)]


_TRANSFER = (
    "UPDATE transfer SET amount = amount - 2000 WHERE txn_id ="
    " (SELECT txn_id FROM offset_booked WHERE ref = '{ref}')"
)
_BOTH = "UPDATE offset_booked SET fen = fen - 100, units = units - 2000 WHERE ref = '{ref}'"
CHANGES = {
    "its yuan": ("UPDATE offset_booked SET fen = fen - 100 WHERE ref = '{ref}'", "offset_rate"),
    "its yuan and points": (_BOTH, "offset_units_in"),
    "the transfer": (_TRANSFER, "offset_units_in"),
    "the row away": ("DELETE FROM offset_booked WHERE ref = '{ref}'", "offset_units_in"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_altered_after_the_claims_are_in_is_found_that_night(
    db: Database, change: str
) -> None:
    town, day = few(db)
    sale = matched_sale(day)
    statement, broken = CHANGES[change]
    into(db, statement.format(ref=sale.ref))

    result = night_of(town, day)

    assert (result.state, result.settled_fen > 0) == ("stopped", True)
    assert [(c2[0], c2[3]) for c2 in c2_of(db)] == [(broken, "open")]
    with db.read() as tx:
        sides = [tuple(row) for row in tx.all(SIDES, community_id=HERE, ref=sale.ref)]
        paid = tx.get(
            Sql("SELECT count(*) AS n FROM txn WHERE community_id = :c AND kind = 'settle'"), c=HERE
        )
    expected = {
        "its yuan": [("V1", sale.fen - 100, sale.fen)],
        "its yuan and points": [("V1", sale.fen - 100, sale.fen)],
        "the transfer": [],
        "the row away": [("X1", None, sale.fen)],
    }
    assert sides == expected[change]
    assert paid.n == 0


def test_a_night_that_stopped_closes_once_the_row_is_put_right(db: Database) -> None:
    town, day = few(db)
    untouched = matched_sale(day)
    change = f"UPDATE offset_booked SET fen = fen {{}} 100 WHERE ref = '{untouched.ref}'"
    into(db, change.format("-"))
    stopped = night_of(town, day)

    into(db, change.format("+"))
    result = night_of(town, day)

    assert (stopped.state, result.state) == ("stopped", "locked")
    assert result.run_id == stopped.run_id
    assert [c2[3] for c2 in c2_of(db)] == ["auto_cleared"]
    assert sum(t.count for t in result.codes if t.code != "C2") == len(day.truth)


def test_a_later_day_is_not_closed_over_a_night_that_stopped(db: Database) -> None:
    town, day = few(db)
    into(db, f"UPDATE offset_booked SET fen = fen + 100 WHERE ref = '{matched_sale(day).ref}'")
    night_of(town, day)

    following = next_day(day.day)
    with pytest.raises(Refusal, match="night_unfinished"):
        run_night(db, HERE, following, at=midnight(next_day(following)) + 2 * HOUR)


def test_a_shop_whose_cover_was_taken_away_blocks_the_day_until_it_is_back(db: Database) -> None:
    town, day = few(db)
    into(db, "UPDATE balance SET held = 0 WHERE account_id ="
             " (SELECT account_id FROM account WHERE kind = 'cover' AND owner_id = 2)")  # fmt: skip

    blocked = night_of(town, day)
    assert (blocked.state, c2_of(db)[0][0]) == ("blocked", "cover")
    into(db, "UPDATE balance SET held = posted WHERE account_id ="
             " (SELECT account_id FROM account WHERE kind = 'cover' AND owner_id = 2)")  # fmt: skip
    result = night_of(town, day)

    assert (result.state, result.digest) == ("locked", blocked.digest)
    assert [c2[3] for c2 in c2_of(db)] == ["auto_cleared"]


def test_a_row_altered_after_the_lock_no_longer_verifies(db: Database) -> None:
    town, day = few(db)
    night_of(town, day)
    assert verify_night(db, HERE, day.day)

    into(db, f"UPDATE offset_booked SET fen = fen - 1 WHERE ref = '{matched_sale(day).ref}'")

    assert not verify_night(db, HERE, day.day)
