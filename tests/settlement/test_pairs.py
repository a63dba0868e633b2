"""The join of a night, row by row: what agrees is summed, what does not is named, on both engines alike.

A second community has the same numbers everywhere and other amounts, so that a condition that forgets the community
shows; offsets and claims lie on each edge of the range, of the day and of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from ledger.book.chart import Kind
from ledger.book.posting import Posting, header
from ledger.book.tables import offset_booked, txn
from ledger.database import Database
from ledger.seal.tables import leaf
from settlement.matching import Booked, Claimed
from settlement.pairs import Filed, Pairs, join
from settlement.sides import Run
from settlement.tables import claim, claim_batch

HERE, THERE = 1, 2
DAY, NEXT = 20260302, 20260303
RUN = Run(HERE, run_no=2, day=DAY, first_leaf=2, end_leaf=13)

OFFSETS = {
    # number: place, shop, till, day, fen, units
    101: (1, 1, 10, DAY, 500, 10_000),  # the last of the night before
    102: (2, 1, 10, DAY, 100, 2_000),
    103: (3, 1, 10, DAY, -30, -600),
    104: (4, 1, 11, DAY, 50, 1_001),  # altered too
    105: (5, 1, 11, DAY, 70, 1_400),
    106: (6, 2, 20, DAY, 40, 800),
    107: (7, 2, 20, NEXT, 90, 1_800),  # sold after midnight
    108: (8, 2, 20, DAY, 1, 5),  # altered: not twenty units a fen
    109: (13, 1, 10, DAY, 11, 220),  # the first of the next night
    110: (None, 1, 10, DAY, 12, 240),  # has no place yet
    # Numbers drawn early or late, so that those of the range do not lie between its first and its last alone.
    95: (9, 1, 11, DAY, -20, -400),
    96: (10, 1, 11, DAY, -10, -200),
    121: (12, 2, 20, DAY, 10, 1),  # a voucher: it is paid by its contract, at no rate
    120: (11, 2, 20, DAY, 100, 2_000),  # its reference is one of another shop's too
}
REFS = {120: "R102"}
KINDS = {121: "voucher"}
CLAIMS = {
    # ref (and shop, where two have it): shop, batch, line, fen, units, day
    "R101": (1, 71, 1, 500, 10_000, DAY),
    "R102": (1, 71, 2, 100, 2_000, DAY),
    "R103": (1, 71, 3, -30, -600, DAY),
    "R104": (1, 72, 1, 60, 1_000, DAY),
    "R105": (1, 72, 2, 70, 1_399, DAY),
    "R107": (2, 73, 1, 90, 1_800, NEXT),
    "R108": (2, 75, 1, 1, 5, DAY),  # in an upload of the night before
    "R109": (1, 71, 4, 11, 220, DAY),
    "R110": (1, 71, 5, 12, 240, DAY),
    "R199": (2, 73, 2, 33, 660, DAY),  # nobody booked it
    "R198": (2, 73, 3, -7, -140, DAY),
    "R95": (1, 72, 3, -25, -400, DAY),
    "R96": (1, 72, 4, -10, -199, DAY),
    "R104/2": (2, 73, 4, 50, 1_000, DAY),  # another shop's reference
    "R197": (3, 73, 5, -5, -100, DAY),  # all that its shop claimed
    "R106": (2, 76, 1, 40, 800, DAY),  # in an upload that no night has taken yet
}
BATCHES = {71: 2, 72: 2, 73: 2, 75: 1, 76: None}
BATCHES_THERE = {71: 2, 72: 2, 73: 1, 75: 2, 76: 2}


def offset(number: int) -> dict[str, Any]:
    _, shop, till, day, fen, units = OFFSETS[number]
    return {
        "txn_id": number,
        "claimant_id": shop,
        "terminal_id": till,
        "ref": REFS.get(number, f"R{number}"),
        "kind": KINDS.get(number, "sale" if fen > 0 else "refund"),
        "original_ref": None if fen > 0 else "R102",
        "units": units,
        "fen": fen,
        "units_per_fen": 20,
        "business_date": day,
        "occurred_at": number * 10,
    }


def booked(number: int) -> Booked:
    return Booked(**offset(number))


def claimed(ref: str) -> Claimed:
    _, batch, line, fen, units, _ = CLAIMS[ref]
    return Claimed(batch, line, "sale" if fen > 0 else "refund", units, fen, 5_000 + line)


def filed(ref: str) -> Filed:
    shop, *_, day = CLAIMS[ref]
    return Filed(shop, ref.partition("/")[0], claimed(ref), day)


@pytest.fixture
def night(db: Database) -> Pairs:
    """What the join gives for the range and the run; the same numbers stand in another community."""
    with db.engine.begin() as connection:
        write(connection, HERE, BATCHES, more=0)
        write(connection, THERE, BATCHES_THERE, more=1_000)
    with db.read() as tx:
        return join(tx, RUN)


def write(
    connection: Connection, community: int, batches: Mapping[int, int | None], *, more: int
) -> None:
    here = {"community_id": community}
    for number, (place, *_) in OFFSETS.items():
        entry = Posting(
            community_id=community, kind=Kind.SALE, request_id=f"r{number}", occurred_at=0, at=0, business_date=DAY,
            lines=(), txn_id=number,
        )  # fmt: skip
        connection.execute(insert(txn), [header(entry)])
        values = offset(number) | here
        values |= {
            "fen": values["fen"] + more,
            "units": values["units"] + 20 * more,
            "occurred_at": values["occurred_at"] + more,
        }
        connection.execute(insert(offset_booked), [values])
        if place is not None:
            # The other community wrote its entries later.
            at = place if community == HERE else place + 3
            row = {"leaf_index": at, "entry_id": number, "kind": "txn", "leaf_hash": b"-"}
            connection.execute(insert(leaf), [here | row])
    connection.execute(
        insert(leaf), [here | {"leaf_index": 0, "entry_id": 999, "kind": "act", "leaf_hash": b"-"}]
    )
    for batch_id, run_no in batches.items():
        connection.execute(insert(claim_batch), [here | batch(batch_id, run_no)])
    for ref, (shop, batch_id, line, fen, units, day) in CLAIMS.items():
        values = claimed(ref)._asdict() | {"claimant_id": shop, "ref": ref.partition("/")[0]}
        values |= {
            "business_date": day,
            "fen": fen + more,
            "units": units + 20 * more,
            "line_no": line,
            "batch_id": batch_id,
        }
        connection.execute(insert(claim), [here | values])


def batch(batch_id: int, run_no: int | None) -> dict[str, Any]:
    known = {column.name: column for column in claim_batch.columns}
    values = {
        name: b"" if name == "sha256" else "" if str(column.type) == "TEXT" else 0
        for name, column in known.items()
        if name != "community_id" and not column.nullable
    }
    return values | {"batch_id": batch_id, "batch_no": batch_id, "run_no": run_no, "outcome": "ok"}


def test_each_till_and_day_is_summed_plus_and_minus_apart_and_what_agrees_again(
    night: Pairs,
) -> None:
    none = (0, 0, 0, 0, 0, 0)

    assert night.sums == [
        (1, 10, DAY, 2, 2_000, 600, 100, 30, 0, 2, 2_000, 600, 100, 30, 2),
        (1, 11, DAY, 4, 2_401, 600, 120, 30, 1, *none),
        (2, 20, DAY, 4, 2_806, 0, 151, 0, 1, *none),
        (2, 20, NEXT, 1, 1_800, 0, 90, 0, 0, *none),
    ]
    assert {type(figure) for row in night.sums for figure in row} == {int}


def test_all_that_a_shop_claimed_in_this_run_is_summed(night: Pairs) -> None:
    assert night.claimed == [
        (1, 9, 14_859, 1_199, 753, 65, 9),
        (2, 4, 3_460, 140, 173, 7, 4),
        (3, 1, 0, 100, 0, 5, 1),
    ]
    assert {type(figure) for row in night.claimed for figure in row} == {int}


def test_what_does_not_simply_agree_is_named_with_its_claim_of_this_run(night: Pairs) -> None:
    by_number = sorted(night.odd, key=lambda pair: pair[0].txn_id)
    assert by_number == [
        (booked(95), claimed("R95")),
        (booked(96), claimed("R96")),
        (booked(104), claimed("R104")),
        (booked(105), claimed("R105")),
        (booked(106), None),
        (booked(107), claimed("R107")),
        (booked(108), None),
        (booked(120), None),
        (booked(121), None),
    ]


def test_claims_without_an_offset_in_the_range_are_listed(night: Pairs) -> None:
    assert sorted(night.filed) == sorted(
        filed(ref) for ref in ("R101", "R104/2", "R109", "R110", "R197", "R198", "R199")
    )


def test_a_range_and_a_run_in_which_nothing_is_give_nothing(db: Database) -> None:
    with db.read() as tx:
        assert join(tx, RUN) == Pairs([], [], [], [])


def test_a_shop_that_claimed_nothing_has_no_sum_of_claims(db: Database) -> None:
    with db.engine.begin() as connection:
        write(connection, HERE, dict.fromkeys(BATCHES, 1), more=0)
    with db.read() as tx:
        found = join(tx, RUN)

    assert (found.claimed, found.filed) == ([], [])
    assert [claim for _, claim in found.odd] == [None] * 11
    with db.read() as tx:
        # The plan's settings end with the join: what comes after it is planned as always.
        if tx.dialect == "postgresql":
            join(tx, RUN)
            assert [
                tx.raw.execute(f"SHOW {name}").fetchone()[0]
                for name in ("enable_nestloop", "enable_mergejoin")
            ] == [
                "on",
                "on",
            ]
            assert tx.raw.execute("SHOW work_mem").fetchone()[0] == "4MB"
