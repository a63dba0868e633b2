"""What a recovery brought back, what came out otherwise, and what only paper can bring: for people, without names."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from ledger.earning.calendar import local_time
from ledger.members.terms import Terms
from ledger.recovery import lines
from ledger.recovery.epochs import Recovery
from ledger.recovery.intake import TillState, till_states
from ledger.recovery.lines import Kept
from ledger.refs import read_reference
from ledger.seal.recovery import read_loss, recoveries_since
from ledger.seal.sealer import size
from ledger.sql import Sql, Tx

_MOST_NUMBERS: Final = 500
"""Missing numbers named for one till; more of them are counted."""

_REFS: Final = Sql(
    "SELECT terminal_id, ref, CASE WHEN recorded_at < :opened_at THEN 1 ELSE 0 END AS was_there"
    " FROM txn WHERE community_id = :community_id AND terminal_id IS NOT NULL AND ref IS NOT NULL"
    " AND business_date >= :since_date"
)
_MONEY_ONLY: Final = Sql(
    "SELECT terminal_id, ref, 0 AS was_there FROM refund WHERE community_id = :community_id"
    " AND txn_id IS NULL AND business_date >= :since_date"
)
_UNLOCKED: Final = Sql(
    "SELECT DISTINCT x.business_date FROM txn x LEFT JOIN book_day d"
    " ON d.community_id = x.community_id AND d.business_date = x.business_date"
    " WHERE x.community_id = :community_id AND x.business_date >= :since_date"
    " AND (d.state IS NULL OR d.state <> 'locked') ORDER BY x.business_date"
)
_DAYS_BACK: Final = 60

ONLY_PAPER: Final = (
    "points_by_hand",
    "households_and_residents",
    "cards",
    "pins",
    "staff",
    "shops",
    "settings_and_rules",
    "fund",
    "decisions",
    "statements_and_payouts",
    "files",
)
"""What the office may have entered after the copy, and no till knows of."""


def report_of(tx: Tx, terms: Terms, found: Recovery, *, at: int) -> dict[str, Any]:
    """Everything people must know of a recovery as it stands, ready for JSON. Amounts in fen and units.

    `missing`: numbers a till gave out, for which the book has nothing and the till has no line: only its paper slips
    know. `lost_after`: of a till that did not report, the last number the book has.
    """
    here = terms.community.id
    kept = lines.all_lines(tx, here, found.recovery_id)
    refused = lines.refused_lines(tx, here, found.recovery_id)
    tills = till_states(tx, here, found.recovery_id)
    numbers = _numbers(tx, terms, found)
    return {
        "recovery_id": str(found.recovery_id),
        "state": found.state,
        "backup": found.backup,
        "nothing_missing_before": _when(terms, found.since_at),
        "put_back_at": _when(terms, found.opened_at),
        "started_at": _when(terms, found.started_at),
        "applied_at": _when(terms, found.applied_at),
        "reported_at": _when(terms, at),
        "kept_entries": found.kept_size,
        "entries_now": size(tx, here),
        "declared": [
            {
                "kept": loss.kept_size,
                "lost": loss.lost.size,
                "lost_root": b64encode(loss.lost.root).decode(),
            }
            for loss in map(read_loss, recoveries_since(tx, here, found.opened_at))
        ],
        "lines": dict(sorted(Counter(line.state for line in kept).items())),
        "tills": [_till(terms, till, kept, numbers) for till in tills],
        "aside": [_line(terms, line) for line in kept if line.state == lines.ASIDE],
        "otherwise": [_line(terms, line) for line in kept if line.differences],
        "refused": [
            {"till": _code(terms, row.terminal_id), "code": row.code, "hash": row.hash}
            for row in refused
        ],
        "nights_to_run": _nights(tx, terms, found),
        "only_paper": list(ONLY_PAPER),
    }


def _till(
    terms: Terms, till: TillState, kept: Iterable[Kept], numbers: Mapping[int, _Numbers]
) -> dict[str, Any]:
    own = [line for line in kept if line.terminal_id == till.terminal_id]
    known = numbers.get(till.terminal_id, _Numbers())
    entry: dict[str, Any] = {
        "till": _code(terms, till.terminal_id),
        "state": till.state,
        "lines": len(own),
        "gaps": _gaps(own),
    }
    if till.state != "reported":
        return {**entry, "lost_after": known.before, "why": till.why}
    used = known.all | set(till.unused) | {number for line in own if (number := _number(line))}
    missing = [n for n in range(known.before + 1, till.last_counter + 1) if n not in used]
    return {
        **entry,
        "last_number": till.last_counter,
        "missing": missing[:_MOST_NUMBERS],
        "missing_count": len(missing),
    }


class _Numbers:
    """The numbers of one till that the book has: `before` the highest that the copy had."""

    def __init__(self) -> None:
        self.before = 0
        self.all: set[int] = set()


def _numbers(tx: Tx, terms: Terms, found: Recovery) -> dict[int, _Numbers]:
    since = local_time(found.since_at, terms.community.timezone).date()
    given = {
        "community_id": terms.community.id,
        "since_date": int(f"{since.replace(day=1):%Y%m%d}"),
    }
    numbers: dict[int, _Numbers] = {}
    rows = [*tx.all(_REFS, **given, opened_at=found.opened_at), *tx.all(_MONEY_ONLY, **given)]
    for row in rows:
        reference = read_reference(row.ref)
        if reference is None:
            continue
        own = numbers.setdefault(int(row.terminal_id), _Numbers())
        own.all.add(reference.counter)
        if row.was_there:
            own.before = max(own.before, reference.counter)
    return numbers


def _gaps(own: list[Kept]) -> list[dict[str, Any]]:
    """Places in a chain where lines are missing between two that came."""
    by_key: dict[str, list[int]] = {}
    for line in own:
        by_key.setdefault(line.key_name, []).append(line.n)
    gaps = []
    for counts in by_key.values():
        counts.sort()
        gaps += [
            {"after": one, "before": other} for one, other in pairwise(counts) if other != one + 1
        ]
    return gaps


def _line(terms: Terms, line: Kept) -> dict[str, Any]:
    body, answer = _read(line.body), _read(line.answer)
    amounts: dict[str, Any] = {
        name: answer[name]
        for name in ("total_fen", "offset_fen", "paid_fen", "refund_fen", "units", "earned_units")
        if name in answer
    }
    return {
        "till": _code(terms, line.terminal_id),
        "what": line.path.rpartition("/")[2],
        "ref": str(body.get("ref", "")),
        "told_at": _when(terms, line.told_at),
        **amounts,
        "code": line.code,
        "differences": json.loads(line.differences) if line.differences else [],
    }


def _number(line: Kept) -> int | None:
    reference = read_reference(str(_read(line.body).get("ref", "")))
    return None if reference is None else reference.counter


def _nights(tx: Tx, terms: Terms, found: Recovery) -> list[str]:
    since = local_time(found.since_at, terms.community.timezone).date()
    rows = tx.all(_UNLOCKED, community_id=terms.community.id, since_date=int(f"{since:%Y%m%d}"))
    return [f"{day // 10_000}-{day // 100 % 100:02}-{day % 100:02}" for (day,) in rows]


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _code(terms: Terms, terminal_id: int) -> str:
    terminal = terms.terminals.get(terminal_id)
    return str(terminal_id) if terminal is None else terminal.code


def _when(terms: Terms, at: int | None) -> str | None:
    if at is None:
        return None
    return f"{local_time(at, terms.community.timezone):%Y-%m-%d %H:%M:%S}"
