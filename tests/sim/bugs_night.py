"""Bugs between two days: the seal, the night, decisions, statements. Each function plants what its sentence says."""

from __future__ import annotations

import sqlite3
from itertools import count
from typing import Any

import pytest

from ledger.book import cover, offsets
from ledger.ids import derived_request_id
from ledger.seal import sealer
from ledger.sql import Row, Sql, Tx
from settlement import (
    batches,
    closing,
    collect,
    decisions,
    matching,
    month_figures,
    night,
    pairs,
    reckoning,
    settle,
)
from settlement import night_store as store
from settlement.coverage import Coverage, Filed
from settlement.matching import Booked, Claimed, Finding
from settlement.verdicts import Code
from tests.sim.bugs_tools import instead, without

Patch = pytest.MonkeyPatch
Raw = sqlite3.Connection


def late_commit_skipped(patch: Patch, _raw: Raw) -> None:
    """The sealer takes what has a larger number than the last it sealed: who commits late is passed over."""
    instead(
        patch,
        sealer,
        "_WAITING",
        " ORDER BY",
        " AND entry_id > coalesce((SELECT max(l.entry_id) FROM leaf l WHERE l.community_id = :community_id), 0)"
        " ORDER BY",
    )


def order_by_the_clock(patch: Patch, _raw: Raw) -> None:
    """The sealer takes what was written after the last it sealed, by the servers' clocks."""
    instead(
        patch,
        sealer,
        "_WAITING",
        " ORDER BY",
        " AND recorded_at >= coalesce((SELECT max(x.recorded_at) FROM txn x JOIN leaf l"
        " ON l.community_id = x.community_id AND l.entry_id = x.txn_id WHERE x.community_id = :community_id), 0)"
        " ORDER BY",
    )


def night_range_leaves_one_out(patch: Patch, _raw: Raw) -> None:
    """A night begins one place after the end of the night before."""
    instead(patch, store, "KEEP_RUN", ":first_leaf,", ":first_leaf + 1,")
    patch.setattr(night, "KEEP_RUN", store.KEEP_RUN)


def night_range_takes_one_twice(patch: Patch, _raw: Raw) -> None:
    """A night reads the last place of the night before once more."""
    before, after = "l.leaf_index >= :first_leaf", "l.leaf_index >= :first_leaf - 1"
    for module, name in (
        (pairs, "_SQLITE_SUMS"),
        (pairs, "_SQLITE_ODD"),
        (offsets, "_MOVED"),
        (offsets, "_SPAN"),
    ):
        instead(patch, module, name, before, after)


def night_goes_by_dates(patch: Patch, _raw: Raw) -> None:
    """A night takes the sales of its date, and no night takes what was sealed in another."""
    for name in ("_SQLITE_SUMS", "_SQLITE_ODD"):
        text = getattr(pairs, name).text
        at = text.index("l.leaf_index < :end_leaf") + len("l.leaf_index < :end_leaf")
        patch.setattr(pairs, name, Sql(f"{text[:at]} AND o.business_date = :day{text[at:]}"))
    patch.setattr(night, "breaks", lambda *_args: [])


def settled_twice(patch: Patch, _raw: Raw) -> None:
    """A night that is started again settles under new names what it had settled before it was cut off."""
    numbers = count()
    right = derived_request_id
    patch.setattr(settle, "derived_request_id", lambda *parts: right(*parts, next(numbers)))
    patch.setattr(night, "settled_breaks", lambda *_args: [])


def settled_what_was_claimed(patch: Patch, _raw: Raw) -> None:
    """A shop that claims more than it booked is paid what it claims."""
    right = matching.compare

    def compare(booked: Booked, claimed: Claimed) -> Finding:
        found = right(booked, claimed)
        return found._replace(settle_fen=claimed.fen) if found.code is Code.V1 else found

    patch.setattr(matching, "compare", compare)
    patch.setattr(night, "settled_breaks", lambda *_args: [])


def unclaimed_paid_at_once(patch: Patch, _raw: Raw) -> None:
    """What a shop did not claim is paid as if it had."""
    right = matching.judge

    def judge(booked: Booked, claimed: Claimed | None, **known: Any) -> Finding:
        found = right(booked, claimed, **known)
        if found.code is Code.X2:
            return found._replace(settle_units=booked.units, settle_fen=booked.fen)
        return found

    patch.setattr(reckoning, "judge", judge)


def short_claim_closes_the_rest(patch: Patch, _raw: Raw) -> None:
    """A shop that claims less than it booked is paid that, and the rest is retired unpaid."""
    right = matching.compare

    def compare(booked: Booked, claimed: Claimed) -> Finding:
        found = right(booked, claimed)
        return found._replace(settle_units=booked.units) if found.code is Code.V2 else found

    patch.setattr(matching, "compare", compare)


def refund_kept_unclaimed(patch: Patch, _raw: Raw) -> None:
    """A refund that the shop does not claim is not taken off the sale it claims."""
    right = matching.judge

    def judge(booked: Booked, claimed: Claimed | None, **known: Any) -> Finding:
        return right(booked, claimed, **known | {"original_claimed": False})

    patch.setattr(reckoning, "judge", judge)


def open_item_carried_twice(patch: Patch, _raw: Raw) -> None:
    """An offset that waited and was settled is looked at, and settled, again in the next night."""
    without(patch, collect, "OPEN", " AND (closed_run IS NULL OR closed_run >= :run_no)")


def waiting_item_forgotten(patch: Patch, _raw: Raw) -> None:
    """What waits for a claim is not looked at again: a claim that comes late is not paid."""
    instead(patch, collect, "OPEN", "opened_run < :run_no", "opened_run < 0 * :run_no")


def sold_after_midnight_forgotten(patch: Patch, _raw: Raw) -> None:
    """What was sold after midnight and taken in by the night of the day before is carried to no other night."""
    right = reckoning._take_new

    def _take_new(out: Any, sides: Any, pair: Any, left: Any, run: Any) -> None:
        right(out, sides, pair, left, run)
        out.opened = [opened for opened in out.opened if opened.reason != "cut_off"]

    patch.setattr(reckoning, "_take_new", _take_new)


def claim_repeated_replaces_the_first(patch: Patch, _raw: Raw) -> None:
    """A claim that repeats a reference takes the first one's place instead of standing beside it."""
    instead(
        patch, batches, "_KEEP_AGAIN", "INSERT INTO claim_again", "INSERT OR REPLACE INTO claim"
    )


def discrepancy_decided_twice(patch: Patch, _raw: Raw) -> None:
    """Two people who press at one moment both decide, and both decisions are posted."""
    right = decisions._open_row

    def _open_row(tx: Tx, community_id: int, discrepancy_no: int, states: tuple[str, ...]) -> Row:
        return right(tx, community_id, discrepancy_no, (*states, "decided"))

    patch.setattr(decisions, "_open_row", _open_row)


def decision_frees_no_cover(patch: Patch, _raw: Raw) -> None:
    """Paying a difference leaves what stood behind it bound for ever."""
    patch.setattr(decisions, "captured", lambda _lines, _fen: {})


def statement_takes_a_day_twice(patch: Patch, _raw: Raw) -> None:
    """A month's statement has the nights of the months before it too."""
    instead(
        patch,
        month_figures,
        "_NIGHTS",
        "r.business_date >= :first_date",
        "r.business_date >= 0 * :first_date",
    )


def statement_passes_over_after_midnight(patch: Patch, _raw: Raw) -> None:
    """Accepting a statement does not pay what had first waited for its own day to end (found by these runs)."""
    instead(
        patch,
        closing,
        "_OWED",
        "i.business_date <= :last_date",
        "i.reason IN ('unclaimed', 'no_file')",
    )


def coverage_grows_while_it_is_read(patch: Patch, _raw: Raw) -> None:
    """A night stops where two tills filed wrong totals: a look-up adds to what is being read (found by these runs)."""

    def covering(
        self: Coverage, claimant_id: int, terminal_id: int, business_date: int
    ) -> list[Filed]:
        return [
            batch
            for till in {terminal_id, 0}
            for batch in self._by_till[claimant_id, till]
            if batch.first_date <= business_date <= batch.last_date
        ]

    patch.setattr(Coverage, "covering", covering)


def cover_given_back_while_bound(patch: Patch, _raw: Raw) -> None:
    """The end of a night returns a shop's whole reserve to the fund, also what stands behind its sales."""
    instead(patch, cover, "_ALL", "b.posted - b.held AS free", "b.posted AS free")
