"""Counting what was given out looks at the new places alone, however long the book is."""

from __future__ import annotations

from ledger.book import issued
from ledger.database import Database


def test_sqlite_begins_at_the_leaves_and_goes_through_no_table(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    here = {"community_id": 1, "first_leaf": 0, "end_leaf": 1}
    with db.read() as tx:
        rows = tx.raw.execute(f"EXPLAIN QUERY PLAN {issued._GIVEN.text}", here).fetchall()
    db.close()

    steps = [row[3] for row in rows if " USING " in row[3] and "GROUP BY" not in row[3]]
    assert len(steps) == 8
    # What SQLite chooses when it is left to: every transfer of the community.
    assert not [step for step in steps if step.endswith("(community_id=?)")]
    assert [step.split()[1] for step in steps] == ["l", "t", "x", "i"] * 2
