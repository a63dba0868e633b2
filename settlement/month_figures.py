"""One shop's month gathered from its nights, decisions and waiting offsets."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.book.offsets import adjustments_between
from ledger.sql import Row, Sql, Tx
from settlement.cofund import ShareLine, share_lines
from settlement.dispute_store import rulings_of_shop


class NightLine(NamedTuple):
    """One night: units net, fen by sign."""

    business_date: int
    booked_count: int
    booked_units: int
    booked_fen_plus: int
    booked_fen_minus: int
    claimed_fen: int
    claimed_fen_plus: int
    claimed_fen_minus: int
    settled_fen_plus: int
    settled_fen_minus: int


class Found(NamedTuple):
    """A discrepancy of the month, or an older one still open, with both sides."""

    business_date: int
    ref: str
    code: str
    sub_code: str
    units: int
    booked_fen: int | None
    claimed_fen: int | None
    plus_fen: int
    minus_fen: int
    posted_fen: int
    state: str


class Adjusted(NamedTuple):
    """A decision of this month and what it added to the payable (signed fen)."""

    business_date: int
    ref: str
    code: str
    sub_code: str
    booked_fen: int | None
    claimed_fen: int | None
    posted_fen: int
    decision: str
    corrects_no: int | None = None
    corrects_row: int | None = None


class Carried(NamedTuple):
    """A booked offset, or the rest of one, that was not settled by the end of the month."""

    business_date: int
    ref: str
    units: int
    fen: int
    reason: str


class Figures(NamedTuple):
    """Everything a statement is made of."""

    nights: list[NightLine]
    found: list[Found]
    adjusted: list[Adjusted]
    carried: list[Carried]
    shares: list[ShareLine]

    def sums(self) -> dict[str, int]:
        """The statement's head: counts, units and fen; plus and minus apart."""
        return {
            "offset_count": sum(n.booked_count for n in self.nights),
            "offset_units": sum(n.booked_units for n in self.nights),
            "booked_fen_plus": sum(n.booked_fen_plus for n in self.nights),
            "booked_fen_minus": sum(n.booked_fen_minus for n in self.nights),
            "claimed_fen_plus": sum(n.claimed_fen_plus for n in self.nights),
            "claimed_fen_minus": sum(n.claimed_fen_minus for n in self.nights),
            "settled_fen_plus": sum(n.settled_fen_plus for n in self.nights),
            "settled_fen_minus": sum(n.settled_fen_minus for n in self.nights),
            "carried_fen": sum(c.fen for c in self.carried),
            "adjusted_fen_plus": sum(max(a.posted_fen, 0) for a in self.adjusted),
            "adjusted_fen_minus": sum(max(-a.posted_fen, 0) for a in self.adjusted),
            "cofund_fen": sum(share.fen for share in self.shares),
        }


_NIGHTS: Final = Sql(
    "SELECT r.business_date, n.booked_count, n.booked_units_plus - n.booked_units_minus AS units,"
    " n.booked_fen_plus, n.booked_fen_minus, n.claimed_fen_plus - n.claimed_fen_minus AS claimed,"
    " n.claimed_fen_plus, n.claimed_fen_minus, n.settled_fen_plus, n.settled_fen_minus"
    " FROM night_run r JOIN night_total n ON n.community_id = r.community_id"
    "  AND n.run_no = r.run_no AND n.claimant_id = :claimant_id"
    " WHERE r.community_id = :community_id AND r.business_date >= :first_date"
    " AND r.business_date <= :last_date ORDER BY r.business_date"
)
_FOUND: Final = Sql(
    "SELECT d.business_date, d.ref, d.code, d.sub_code, coalesce(d.booked_units,"
    " d.claimed_units, 0) AS units, d.booked_fen, d.claimed_fen, d.plus_fen, d.minus_fen,"
    " d.posted_fen, d.state FROM discrepancy d"
    " JOIN night_run r ON r.community_id = d.community_id AND r.run_no = d.run_no"
    " WHERE d.community_id = :community_id AND d.claimant_id = :claimant_id"
    " AND r.business_date <= :last_date AND (r.business_date >= :first_date"
    "  OR d.state IN ('open', 'asked', 'proposed'))"
    # How a payment went changes nothing of what is owed: it is no line of a statement.
    " AND d.code NOT IN ('P1', 'P2', 'P3', 'P4') ORDER BY d.discrepancy_no"
)
_DECIDED: Final = Sql(
    "SELECT posted_txn, business_date, ref, code, sub_code, booked_fen, claimed_fen, decision"
    " FROM discrepancy WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND posted_txn IS NOT NULL AND closed_date >= :first_date AND closed_date <= :last_date"
    " ORDER BY discrepancy_no"
)
_CARRIED: Final = Sql(
    "SELECT business_date, ref, units, fen, reason FROM open_item"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND opened_run <= :last_run AND (closed_run IS NULL OR closed_run > :last_run"
    "  OR closed_date > :last_date) ORDER BY business_date, ref"
)
_SHORT: Final = Sql(
    "SELECT business_date, ref, rest_units AS units, rest_fen AS fen, 'difference' AS reason"
    " FROM discrepancy WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND code = 'V2' AND rest_fen <> 0 AND run_no <= :last_run"
    " AND (closed_run IS NULL OR closed_run > :last_run OR closed_date > :last_date)"
    " ORDER BY business_date, ref"
)
_SHOPS: Final = Sql(
    "SELECT DISTINCT n.claimant_id FROM night_total n JOIN night_run r"
    " ON r.community_id = n.community_id AND r.run_no = n.run_no"
    " WHERE n.community_id = :community_id AND r.business_date <= :last_date"
    " ORDER BY n.claimant_id"
)


def figures_of(
    tx: Tx, community_id: int, claimant_id: int, *, first_date: int, last_date: int, last_run: int
) -> Figures:
    """Gather one shop's month; `last_run` is the month's last night."""
    shop = {"community_id": community_id, "claimant_id": claimant_id}
    span = {**shop, "first_date": first_date, "last_date": last_date}
    return Figures(
        nights=[NightLine(*row) for row in tx.all(_NIGHTS, **span)],
        found=[Found(*row) for row in tx.all(_FOUND, **span)],
        adjusted=_adjusted(tx, span),
        carried=[
            Carried(*row)
            for statement in (_CARRIED, _SHORT)
            for row in tx.all(statement, **shop, last_date=last_date, last_run=last_run)
        ],
        shares=share_lines(tx, community_id, claimant_id, last_date // 100),
    )


def _adjusted(tx: Tx, span: dict[str, int]) -> list[Adjusted]:
    """The month's corrections as the book has them, each with the discrepancy it decided.

    One entry may settle many lines (an accepted statement): then it stands for itself.
    """
    about: dict[int, list[Row]] = {}
    for row in tx.all(_DECIDED, **span):
        about.setdefault(row.posted_txn, []).append(row)
    ruled = rulings_of_shop(tx, span["community_id"], span["claimant_id"])
    found = []
    for entry in adjustments_between(tx, *span.values()):
        fen, rows = int(entry.fen), about.get(entry.txn_id, [])
        if entry.txn_id in ruled:
            found.append(_of_ruling(ruled[entry.txn_id], fen, entry.reason_key))
        elif len(rows) == 1:
            d = rows[0]
            sides = (d.booked_fen, d.claimed_fen)
            found.append(
                Adjusted(d.business_date, d.ref, d.code, d.sub_code, *sides, fen, d.decision)
            )
        else:
            date = entry.corrects_date or entry.business_date
            code = rows[0].code if rows else ""
            found.append(Adjusted(date, "", code, "", None, None, fen, entry.reason_key))
    return found


def _of_ruling(line: Row, fen: int, reason_key: str) -> Adjusted:
    """A ruling on a line of an earlier statement, which it names."""
    row_no = line.row_no or None
    return Adjusted(
        line.business_date,
        line.ref,
        "",
        "",
        line.booked_fen,
        line.asked_fen,
        fen,
        reason_key,
        line.statement_no,
        row_no,
    )


def shops_until(tx: Tx, community_id: int, last_date: int) -> list[int]:
    """Every shop that any night up to a business date had something of."""
    rows = tx.all(_SHOPS, community_id=community_id, last_date=last_date)
    return [int(row.claimant_id) for row in rows]
