"""The monthly root goes up: a checkpoint over everything so far and the closed month's sums, kept as published."""

from __future__ import annotations

from ledger.audit import By
from ledger.book.month_totals import month_totals
from ledger.book.period import find_period
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import fund_watch
from ledger.members.key_vault import KeyVault
from ledger.seal import checkpoints
from ledger.seal.last_signed import LastSigned
from ledger.seal.publications import (
    Publication,
    find_publication,
    keep_publication,
    publications,
)
from ledger.seal.recovery import read_loss, recoveries_since
from ledger.sql import Tx
from settlement.board import board_figures
from settlement.day_trail import keep_published
from settlement.effects import today_of


def publish_board(  # noqa: PLR0913 - what is put up, what signs it, and who does it
    db: Database,
    community_id: int,
    month: int,
    *,
    commodity: int,
    precision: int,
    vault: KeyVault,
    last_signed: LastSigned,
    by: By,
    at: int,
) -> Publication:
    """Put up the root of a closed month (yyyymm); one that is up stays as it is and is the answer.

    The checkpoint is the newest, so that it covers the close itself and every statement of the month. `commodity` and
    `precision`: the points of the sums. Refuses month_not_closed, and what signing a checkpoint refuses.
    """
    with db.read() as tx:
        found = find_publication(tx, community_id, month)
        period = find_period(tx, community_id, month)
    if found is not None:
        return found
    if period is None or period.state != "closed" or period.tree_size is None:
        raise Refusal("month_not_closed", month=month)
    signed = checkpoints.publish(db, community_id, vault, last_signed, at=at)
    with db.read() as tx:
        totals = month_totals(
            tx,
            community_id,
            commodity,
            first_date=period.first_date,
            last_date=period.last_date,
            size=period.tree_size,
        )
        today = today_of(tx, community_id, at=at)
        losses = _losses_since_last(tx, community_id)
        coverage = _coverage(tx, community_id, month)
    # A declared loss goes up whatever the sums do: the wall is where it must not be kept quiet.
    figures = {**board_figures(totals, precision), **coverage, **losses}
    made = Publication(month, signed.size, signed.root, signed.note, figures, today, at)

    def work(tx: Tx) -> Publication:
        kept = keep_publication(tx, community_id, made, by=by)
        keep_published(tx, community_id, month, by=by, at=at)
        return kept

    return db.write(work)


def _coverage(tx: Tx, community_id: int, month: int) -> dict[str, int]:
    """How much of the points' worth the fund covered at the month's end, in whole percent, and what is demanded.

    Never the two amounts: with the fund's own figure, which is public, they would tell the points that a board with too
    few people leaves out.
    """
    found = fund_watch.board_figures(tx, community_id, month)
    if found is None or found.coverage_percent is None:
        return {}
    return {"coverage_percent": found.coverage_percent, "limit_percent": found.limit_percent}


def _losses_since_last(tx: Tx, community_id: int) -> dict[str, int]:
    """The day (yyyymmdd) of the last loss declared since the notice before, where there was one."""
    boards = publications(tx, community_id)
    notes = recoveries_since(tx, community_id, boards[-1].published_at if boards else 0)
    days = [read_loss(note).day for note in notes]
    return {"recovered_on": max(days)} if days else {}
