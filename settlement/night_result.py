"""What a night came to, read back from what it wrote: the same however often it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from settlement.gate import Kept, open_findings
from settlement.night_store import FIND_RUN, TOTALS_OF
from settlement.reckoning import Totals


@dataclass(frozen=True, slots=True)
class CodeTotal:
    """All discrepancies of one code (and sub-code) of a night; fen, plus and minus apart."""

    code: str
    sub_code: str
    count: int
    plus_fen: int
    minus_fen: int


@dataclass(frozen=True, slots=True)
class NightResult:
    """A night: its identity, its state (see `settlement.tables`), its figures."""

    business_date: int
    run_no: int
    run_id: str
    digest: str
    state: str
    first_leaf: int
    end_leaf: int
    totals: dict[int, Totals]
    codes: tuple[CodeTotal, ...]
    findings: tuple[Kept, ...] = ()
    """What the second engine found, where it keeps the day open."""

    @property
    def settled_fen(self) -> int:
        """Signed fen this night made payable over all shops."""
        return sum(t.settled_fen_plus - t.settled_fen_minus for t in self.totals.values())

    def count(self, code: str) -> int:
        """How many discrepancies of one code this night found."""
        return sum(row.count for row in self.codes if row.code == code)


_CODES: Final = Sql(
    "SELECT code, sub_code, count(*) AS n, sum(plus_fen) AS plus_fen, sum(minus_fen) AS minus_fen"
    " FROM discrepancy WHERE community_id = :community_id AND run_no = :run_no"
    " GROUP BY code, sub_code ORDER BY code, sub_code"
)
_RECENT: Final = Sql(
    "SELECT business_date FROM night_run WHERE community_id = :community_id"
    " AND business_date < :before ORDER BY business_date DESC LIMIT :most"
)


def read_result(tx: Tx, community_id: int, day: int) -> NightResult:
    """The night of a business date.

    Refuses: night_not_run.
    """
    row = tx.find(FIND_RUN, community_id=community_id, business_date=day)
    if row is None:
        raise Refusal("night_not_run", business_date=day)
    here = {"community_id": community_id, "run_no": row.run_no}
    return NightResult(
        business_date=day,
        run_no=row.run_no,
        run_id=row.run_id,
        digest=row.digest or "",
        state=row.state,
        first_leaf=row.first_leaf,
        end_leaf=row.end_leaf,
        totals={t.claimant_id: Totals(*t[2:]) for t in tx.all(TOTALS_OF, **here)},
        codes=tuple(
            CodeTotal(c.code, c.sub_code, int(c.n), int(c.plus_fen), int(c.minus_fen))
            for c in tx.all(_CODES, **here)
        ),
        findings=tuple(
            kept for kept in open_findings(tx, community_id) if kept.run_no == row.run_no
        ),
    )


def recent_nights(
    tx: Tx, community_id: int, *, before: int = 99_999_999, most: int = 31
) -> list[NightResult]:
    """The latest nights, newest first, of business dates before `before`."""
    rows = tx.all(_RECENT, community_id=community_id, before=before, most=most)
    return [read_result(tx, community_id, row.business_date) for row in rows]
