"""Claims a shop's own system sends: whole numbers, its own totals, and the same answer for the same request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ledger.book.requests import once
from ledger.database import Database
from ledger.earning.calendar import business_date, day_key
from ledger.errors import GuardMissedError, Refusal
from ledger.members.communities import get_community
from settlement.batches import BatchHead, StoredFile, find_same, last_batch_no, store_batch
from settlement.coverage import WHOLE_SHOP
from settlement.daybook import ClaimLine
from settlement.verdicts import FileFault

MOST_LINES: Final = 5_000
_TRIES: Final = 5


class Sent(NamedTuple):
    """One claim; a refund's units and fen are negative; microseconds UTC."""

    ref: str
    units: int
    fen: int
    occurred_at: int


class Filing(NamedTuple):
    """What a system sends at once, with its own totals. `day` (yyyymmdd): the day it is for where no line says."""

    request_id: str
    day: int
    lines: Sequence[Sent]
    total_lines: int
    total_units: int
    total_fen: int


def file_from_system(
    db: Database, community_id: int, merchant_id: int, filing: Filing, *, at: int
) -> dict[str, Any]:
    """Take a shop's claims from its own system; all of them, or none where its totals do not fit.

    Answer: `outcome` (`ok`, `EMPTY`, `TOTALS_WRONG`), `batch_no`, `lines`, `again` (claimed before) and `differences`
    (name, what was sent, what we count). The same request again gives the same answer and counts nothing twice.
    Refuses: request_id_reused (the same id with other claims), claim_batch_too_long, claim_line_bad (units and fen of
    different signs, or no fen), busy_try_again.
    """
    _check(filing.lines)
    body = _body(merchant_id, filing)
    sha256 = hashlib.sha256(body).digest()
    # The id is bound to these very claims first; cut off after it, the same request ends the work.
    once(
        db,
        community_id,
        filing.request_id,
        kind="claims.system",
        body={"sha256": sha256.hex()},
        at=at,
        work=lambda _tx: {},
    )
    with db.read() as tx:
        timezone = get_community(tx, community_id).timezone
    lines = [_line(n, one, timezone) for n, one in enumerate(filing.lines, 1)]
    wrong = _differences(filing)
    outcome = FileFault.TOTALS_WRONG.value if wrong else "ok" if lines else FileFault.EMPTY.value
    days = [line.business_date for line in lines] or [filing.day]
    file = StoredFile(f"{filing.request_id}.json", "application/json", body, 0)
    for _ in range(_TRIES):
        with db.read() as tx:
            known = find_same(tx, community_id, merchant_id, sha256)
            if known is not None:
                stored: dict[str, Any] = json.loads(known.answer)
                return stored
            batch_no = last_batch_no(tx, community_id, merchant_id, WHOLE_SHOP) + 1
        head = BatchHead(
            community_id=community_id,
            claimant_id=merchant_id,
            terminal_id=WHOLE_SHOP,
            batch_no=batch_no,
            source="api",
            first_date=min(days),
            last_date=max(days),
            sha256=sha256,
            line_count=len(lines),
            header={"request_id": filing.request_id},
        )
        answer = {
            "outcome": outcome,
            "batch_no": batch_no,
            "lines": len(lines),
            "differences": wrong,
        }
        try:
            return store_batch(db, head, lines, outcome, answer, file, at=at)
        except GuardMissedError:
            continue  # another file of the shop took the number
    raise Refusal("busy_try_again")


def _check(lines: Sequence[Sent]) -> None:
    if len(lines) > MOST_LINES:
        raise Refusal("claim_batch_too_long", most=MOST_LINES)
    for number, line in enumerate(lines, 1):
        if line.fen == 0 or (line.fen > 0) != (line.units > 0):
            raise Refusal("claim_line_bad", counter=number, fault="sign" if line.fen else "zero")


def _line(number: int, one: Sent, timezone: str) -> ClaimLine:
    date = day_key(business_date(one.occurred_at, timezone))
    kind = "sale" if one.fen > 0 else "refund"
    return ClaimLine(number, one.ref, kind, one.units, one.fen, one.occurred_at, date)


def _differences(filing: Filing) -> list[dict[str, Any]]:
    counted = {
        "lines": (filing.total_lines, len(filing.lines)),
        "offset_units": (filing.total_units, sum(one.units for one in filing.lines)),
        "offset_fen": (filing.total_fen, sum(one.fen for one in filing.lines)),
    }
    return [
        {"name": name, "sent": sent, "server": ours}
        for name, (sent, ours) in counted.items()
        if sent != ours
    ]


def _body(merchant_id: int, filing: Filing) -> bytes:
    said = {
        **filing._asdict(),
        "merchant_id": str(merchant_id),
        "lines": [line._asdict() for line in filing.lines],
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
