"""Paper lists of claims: typed in twice, compared cell by cell, and only what agrees is filed.

Where two typings differ the paper is looked at once more; two readings out of three that agree count. What never agrees
is never filed: the shop's booked offsets are owed to it all the same and stand on its statement.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from ledger import audit
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.earning.calendar import day_from_key
from ledger.errors import GuardMissedError, Refusal
from ledger.members.communities import zone_of
from ledger.members.leaving import check_may_claim
from ledger.members.merchants import get_merchant
from ledger.recovery.epochs import check_claims
from ledger.sql import Sql, Tx
from settlement.batches import BatchHead, StoredFile, find_same, last_batch_no, store_batch
from settlement.coverage import WHOLE_SHOP
from settlement.daybook import ClaimLine
from settlement.keyed_rules import Pair, Row, agreed, compare, day_of, read_rows, settle

_TRIES: Final = 5
_COLUMNS: Final = (
    "claimant_id, list_no, round_no, kind, business_date, rows, reason, keyed_by, keyed_at"
)
_KEEP: Final = Sql(
    f"INSERT INTO claim_keying (community_id, {_COLUMNS}) VALUES (:community_id, :claimant_id, :list_no, :round_no,"
    " :kind, :business_date, :rows, :reason, :by, :at)"
    " ON CONFLICT (community_id, claimant_id, list_no, round_no) DO NOTHING"
)
_LAST_NO: Final = Sql(
    "SELECT coalesce(max(list_no), 0) AS list_no FROM claim_keying WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM claim_keying WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND list_no = :list_no ORDER BY round_no"
)
_NAMES: Final = Sql(
    "SELECT claimant_id, list_no FROM claim_keying WHERE community_id = :community_id GROUP BY claimant_id, list_no"
    " HAVING max(CASE WHEN kind = 'closed' THEN 1 ELSE 0 END) = 0 AND max(keyed_at) >= :since"
    " ORDER BY max(keyed_at) DESC, claimant_id, list_no LIMIT :most"
)
_SINCE: Final = Sql(
    "SELECT claimant_id, list_no FROM claim_keying WHERE community_id = :community_id GROUP BY claimant_id, list_no"
    " HAVING max(keyed_at) >= :since AND max(round_no) > 1 ORDER BY claimant_id, list_no"
)
_AGAIN: Final = Sql(
    "SELECT ref FROM claim_again WHERE community_id = :community_id AND batch_id = :batch_id ORDER BY line_no"
)
_LOOKED_BACK_US: Final = 30 * 86_400 * SECOND_US


class Keying(NamedTuple):
    """One typing: `typed`, `looked_up` (rows in question) or `closed`; by whom and when."""

    round_no: int
    kind: str
    rows: list[Row]
    reason: str
    keyed_by: int
    keyed_at: int


class PaperList(NamedTuple):
    """A shop's paper list as far as it was typed in."""

    claimant_id: int
    list_no: int
    business_date: int
    keyings: list[Keying]

    @property
    def state(self) -> str:
        """`once` (waits for the second typing), `open` (rows do not agree), `agreed`, `closed`."""
        if self.keyings[-1].kind == "closed":
            return "closed"
        if len(self.keyings) == 1:
            return "once"
        return "open" if self.open_pairs else "agreed"

    @property
    def is_one_person(self) -> bool:
        """Whether one person typed it both times."""
        return len(self.keyings) > 1 and self.keyings[0].keyed_by == self.keyings[1].keyed_by

    @property
    def open_pairs(self) -> list[Pair]:
        """Where the two typings differ and nothing has settled it, in the order of the paper."""
        return [pair for pair in self.pairs_after(len(self.keyings)) if not pair.agrees]

    def pairs_after(self, rounds: int) -> list[Pair]:
        """Both typings beside each other as they stood after so many rounds; none before the second."""
        if rounds < 2 or len(self.keyings) < 2:  # noqa: PLR2004 - two typings
            return []
        pairs = compare(self.keyings[0].rows, self.keyings[1].rows)
        for keying in self.keyings[2:rounds]:
            pairs = settle(pairs, keying.rows)
        return pairs

    def newly_agreed(self, round_no: int) -> list[Row]:
        """The rows that a round brought to agreement."""
        before = agreed(self.pairs_after(round_no - 1))
        return [row for row in agreed(self.pairs_after(round_no)) if row not in before]


def key_list(
    tx: Tx, community_id: int, claimant_id: int, text: str, *, day: int, by: By, at: int
) -> dict[str, Any]:
    """Keep the first typing of a paper list for `day` (yyyymmdd): `list_no`, `rows`, `faults`.

    With a line that is none nothing is kept. Refuses: merchant_not_found, form_gap (nothing was typed), claims_over.
    """
    get_merchant(tx, community_id, claimant_id)
    check_may_claim(tx, community_id, claimant_id, at=at)
    rows, faults = read_rows(text)
    if not rows and not faults:
        raise Refusal("form_gap")
    if faults:
        return {"list_no": 0, "rows": len(rows), "faults": [fault._asdict() for fault in faults]}
    here = {"community_id": community_id, "claimant_id": claimant_id}
    list_no = int(tx.get(_LAST_NO, **here).list_no) + 1
    _keep(tx, community_id, PaperList(claimant_id, list_no, day, []), "typed", rows, by=by, at=at)
    return {"list_no": list_no, "rows": len(rows), "faults": []}


def key_again(
    tx: Tx, community_id: int, claimant_id: int, list_no: int, text: str, *, by: By, at: int
) -> dict[str, Any]:
    """Keep the second typing, or what the paper says in the rows in question: `rows`, `faults`.

    Refuses: keyed_list_not_found, keyed_list_over (nothing of it is open), form_gap.
    """
    found = get_list(tx, community_id, claimant_id, list_no)
    if found.state in {"agreed", "closed"}:
        raise Refusal("keyed_list_over")
    rows, faults = read_rows(text)
    if not rows and not faults:
        raise Refusal("form_gap")
    if not faults:
        kind = "typed" if found.state == "once" else "looked_up"
        _keep(tx, community_id, found, kind, rows, by=by, at=at)
    return {"rows": len(rows), "faults": [fault._asdict() for fault in faults]}


def close_list(
    tx: Tx, community_id: int, claimant_id: int, list_no: int, reason: str, *, by: By, at: int
) -> None:
    """End a list whose last rows will not agree: they are not filed.

    Refuses: keyed_list_not_found, keyed_list_over, reason_missing.
    """
    found = get_list(tx, community_id, claimant_id, list_no)
    if found.state in {"agreed", "closed"}:
        raise Refusal("keyed_list_over")
    if not reason.strip():
        raise Refusal("reason_missing")
    _keep(tx, community_id, found, "closed", [], reason=reason.strip(), by=by, at=at)


def get_list(tx: Tx, community_id: int, claimant_id: int, list_no: int) -> PaperList:
    """One list with all its typings. Refuses: keyed_list_not_found."""
    rows = tx.all(_ONE, community_id=community_id, claimant_id=claimant_id, list_no=list_no)
    if not rows:
        raise Refusal("keyed_list_not_found")
    keyings = [
        Keying(
            int(row.round_no),
            str(row.kind),
            [Row(*cells) for cells in json.loads(row.rows)],
            str(row.reason),
            int(row.keyed_by),
            int(row.keyed_at),
        )
        for row in rows
    ]
    return PaperList(claimant_id, list_no, int(rows[0].business_date), keyings)


def recent_lists(tx: Tx, community_id: int, *, since: int, most: int = 50) -> list[PaperList]:
    """Lists typed in since a moment (microseconds UTC) and not closed, the newest first."""
    names = tx.all(_NAMES, community_id=community_id, since=since, most=most)
    return [get_list(tx, community_id, int(n.claimant_id), int(n.list_no)) for n in names]


def file_agreed(
    db: Database, community_id: int, claimant_id: int, list_no: int, *, at: int
) -> dict[str, int]:
    """File the rows that agree and are not filed yet, a batch for each round; again, it files nothing twice.

    Gives `filed` (lines of this call) and `again` (claimed before). Refuses: keyed_list_not_found, recovery_wait,
    busy_try_again.
    """
    with db.read() as tx:
        check_claims(tx, community_id)
        found = get_list(tx, community_id, claimant_id, list_no)
        zone = zone_of(tx, community_id)
    told = {"filed": 0, "again": 0}
    for keying in found.keyings[1:]:
        rows = found.newly_agreed(keying.round_no)
        if not rows:
            continue
        lines = _lines(found, rows, zone)
        answer = _file(db, community_id, found, keying, lines, at=at)
        if answer is not None:
            told["filed"] += len(lines)
            told["again"] += int(answer["again"])
    return told


def file_left(db: Database, community_id: int, *, at: int) -> int:
    """File what agrees and was not filed because the request that brought it was cut off; gives the lines.

    Run again it files nothing. A list that cannot be filed now waits for the next time and keeps nothing else back.
    """
    with db.read() as tx:
        names = tx.all(_SINCE, community_id=community_id, since=at - _LOOKED_BACK_US)
    filed = 0
    for one in names:
        with suppress(Refusal):
            told = file_agreed(db, community_id, int(one.claimant_id), int(one.list_no), at=at)
            filed += told["filed"]
    return filed


def _file(
    db: Database,
    community_id: int,
    found: PaperList,
    keying: Keying,
    lines: list[ClaimLine],
    *,
    at: int,
) -> dict[str, Any] | None:
    """One round's lines as a batch; None where they are filed already."""
    name = f"paper-{found.list_no}-{keying.round_no}.json"
    body = _body(found, keying, lines)
    sha256 = hashlib.sha256(body).digest()
    for _ in range(_TRIES):
        with db.read() as tx:
            if find_same(tx, community_id, found.claimant_id, sha256) is not None:
                return None
            batch_no = last_batch_no(tx, community_id, found.claimant_id, WHOLE_SHOP) + 1
        head = BatchHead(
            community_id=community_id,
            claimant_id=found.claimant_id,
            terminal_id=WHOLE_SHOP,
            batch_no=batch_no,
            source="paper",
            first_date=min(line.business_date for line in lines),
            last_date=max(line.business_date for line in lines),
            sha256=sha256,
            line_count=len(lines),
            header={
                "list": found.list_no,
                "keyed_by": [str(one.keyed_by) for one in found.keyings],
            },
        )
        answer = {"outcome": "ok", "batch_no": batch_no, "lines": len(lines)}
        file = StoredFile(name, "application/json", body, keying.keyed_by)
        try:
            return store_batch(db, head, lines, "ok", answer, file, at=at)
        except GuardMissedError:
            continue  # another file of the shop took the number
    raise Refusal("busy_try_again")


def claimed_before(tx: Tx, community_id: int, found: PaperList) -> list[str]:
    """The numbers of a filed list that the shop had claimed already: they are repeated, and paid once."""
    zone, numbers = zone_of(tx, community_id), []
    for keying in found.keyings[1:]:
        lines = _lines(found, found.newly_agreed(keying.round_no), zone)
        sha256 = hashlib.sha256(_body(found, keying, lines)).digest()
        batch = find_same(tx, community_id, found.claimant_id, sha256) if lines else None
        if batch is not None:
            rows = tx.all(_AGAIN, community_id=community_id, batch_id=batch.batch_id)
            numbers += [str(row.ref) for row in rows]
    return numbers


def _body(found: PaperList, keying: Keying, lines: list[ClaimLine]) -> bytes:
    said = {
        "shop": str(found.claimant_id),
        "list": found.list_no,
        "round": keying.round_no,
        "rows": [line._asdict() for line in lines],
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _lines(found: PaperList, rows: list[Row], zone: ZoneInfo) -> list[ClaimLine]:
    return [_line(n, row, found.business_date, zone) for n, row in enumerate(rows, 1)]


def _line(number: int, row: Row, day: int, zone: ZoneInfo) -> ClaimLine:
    date = day_of(row, day)
    midnight = datetime.combine(day_from_key(date), datetime.min.time(), zone)
    at = int(midnight.timestamp()) * 1_000_000 + row.minute * 60_000_000
    kind = "sale" if row.fen > 0 else "refund"
    return ClaimLine(number, row.ref, kind, row.units, row.fen, at, date)


def _keep(
    tx: Tx,
    community_id: int,
    found: PaperList,
    kind: str,
    rows: list[Row],
    *,
    reason: str = "",
    by: By,
    at: int,
) -> None:
    kept = tx.run(
        _KEEP,
        community_id=community_id,
        claimant_id=found.claimant_id,
        list_no=found.list_no,
        round_no=len(found.keyings) + 1,
        kind=kind,
        business_date=found.business_date,
        rows=json.dumps(rows, separators=(",", ":")),
        reason=reason,
        by=by.id,
        at=at,
    )
    if kept != 1:
        raise GuardMissedError("claim_keying")
    facts: audit.Facts = {"list": found.list_no, "kind": kind, "rows": len(rows)}
    audit.record(
        tx, community_id, by, "claims.key", f"merchant:{found.claimant_id}", at=at, after=facts
    )
