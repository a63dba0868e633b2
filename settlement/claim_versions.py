"""A list that came before and comes again otherwise: held against the one it repeats, and every difference named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx
from ledger.units import yuan_text
from settlement.daybook import ClaimLine

_EARLIER: Final = Sql(
    "SELECT b.batch_id, b.batch_no, b.claim_count, f.name FROM claim_batch b"
    " LEFT JOIN stored_file f ON f.community_id = b.community_id AND f.sha256 = b.sha256"
    " WHERE b.community_id = :community_id AND b.claimant_id = :claimant_id AND b.terminal_id = 0"
    " AND b.outcome = 'ok' AND b.first_date <= :last_date AND b.last_date >= :first_date"
    " ORDER BY b.batch_no DESC LIMIT 40"
)
_CLAIMS: Final = Sql(
    "SELECT line_no, ref, kind, units, fen, business_date FROM claim"
    " WHERE community_id = :community_id AND batch_id = :batch_id ORDER BY line_no"
)
_MOST_NAMED: Final = 20


class Difference(NamedTuple):
    """One line that is not what it was: its line now (0: gone), its number, the column, fen before and now."""

    line_no: int
    ref: str
    column: str
    before_fen: int
    now_fen: int


def check_unchanged(
    tx: Tx, community_id: int, claimant_id: int, lines: Sequence[ClaimLine]
) -> None:
    """Refuse a list that is an earlier one with lines changed or taken out.

    It is the earlier one where it repeats more than half of its claims; a list that goes on, or repeats days as they
    were, is none. Refuses: claim_file_changed, with the earlier list's name and the first differences.
    """
    if not lines:
        return
    first, last = min(x.business_date for x in lines), max(x.business_date for x in lines)
    here = {"community_id": community_id, "claimant_id": claimant_id}
    now: dict[str, ClaimLine] | None = None
    for batch in tx.all(_EARLIER, **here, first_date=first, last_date=last):
        now = now if now is not None else {line.ref: line for line in lines}
        claims = tx.all(_CLAIMS, community_id=community_id, batch_id=batch.batch_id)
        found = differences(claims, now, first, last)
        if found:
            raise Refusal(
                "claim_file_changed",
                file=batch.name or str(batch.batch_no),
                count=len(found),
                lines="; ".join(map(_said, found[:_MOST_NAMED])),
            )


def differences(
    before: Sequence[Row], now: dict[str, ClaimLine], first_date: int, last_date: int
) -> list[Difference]:
    """What is not as it was in an earlier list; nothing where the new one is another list."""
    again = [claim for claim in before if claim.ref in now]
    if 2 * len(again) <= len(before):
        return []
    return [*_changed(again, now), *_gone(before, now, first_date, last_date)]


def _changed(again: Iterable[Row], now: dict[str, ClaimLine]) -> list[Difference]:
    found = []
    for claim in again:
        line = now[claim.ref]
        column = "yuan" if line.fen != claim.fen else "points" if line.units != claim.units else ""
        if column:
            found.append(Difference(line.line_no, line.ref, column, claim.fen, line.fen))
    return found


def _gone(
    before: Iterable[Row], now: dict[str, ClaimLine], first_date: int, last_date: int
) -> list[Difference]:
    """Lines taken out of days the new list speaks for; days it does not reach are another matter."""
    return [
        Difference(0, claim.ref, "ref", claim.fen, 0)
        for claim in before
        if claim.ref not in now and first_date <= claim.business_date <= last_date
    ]


def _said(found: Difference) -> str:
    """`4 M01T1-… 10.00 -> 12.00`; line 0: it is gone."""
    return (
        f"{found.line_no} {found.ref} {yuan_text(found.before_fen)} -> {yuan_text(found.now_fen)}"
    )
