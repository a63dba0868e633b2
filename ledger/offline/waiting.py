"""Which of a till's slip numbers the server has nothing under: what waits at the till, and what is simply missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.refs import read_reference
from ledger.sql import Sql, Tx

MOST_COUNTER: Final = 99_999

_SAY: Final = Sql(
    "INSERT INTO till_waiting (community_id, terminal_id, said_at, last_counter, waiting, unused)"
    " VALUES (:community_id, :terminal_id, :at, :last_counter, :waiting, :unused)"
    " ON CONFLICT (community_id, terminal_id) DO UPDATE SET said_at = excluded.said_at,"
    " last_counter = excluded.last_counter, waiting = excluded.waiting, unused = excluded.unused"
)
_SAID: Final = Sql(
    "SELECT said_at, last_counter, waiting, unused FROM till_waiting WHERE community_id = :community_id"
    " AND terminal_id = :terminal_id"
)
_MARK: Final = Sql(
    "INSERT INTO slip_mark (community_id, terminal_id, made_at, last_counter, why, made_by)"
    " VALUES (:community_id, :terminal_id, :at, :last_counter, :why, :by)"
)
_MARKED: Final = Sql(
    "SELECT coalesce(max(last_counter), 0) AS last FROM slip_mark WHERE community_id = :community_id"
    " AND terminal_id = :terminal_id"
)
_NAMED: Final = Sql(
    "SELECT terminal_id FROM till_waiting WHERE community_id = :community_id"
    " UNION SELECT terminal_id FROM slip_mark WHERE community_id = :community_id ORDER BY terminal_id"
)
_CODE: Final = Sql(
    "SELECT code FROM terminal WHERE community_id = :community_id AND terminal_id = :terminal_id"
)
# A refused offline entry is known too: its number is explained, and it stands on the office's list.
_REFS: Final = Sql(
    "SELECT ref FROM sale WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " UNION SELECT ref FROM refund WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " UNION SELECT ref FROM redemption WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " UNION SELECT ref FROM offline_sale WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " UNION SELECT ref FROM voucher_end WHERE community_id = :community_id AND ref LIKE :like"
    " UNION SELECT ref FROM benefit_given WHERE community_id = :community_id AND ref LIKE :like"
    " UNION SELECT ref FROM goods_return WHERE community_id = :community_id AND ref LIKE :like"
)
_RUNG: Final = Sql(
    "SELECT ref FROM sale WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " UNION SELECT ref FROM refund WHERE community_id = :community_id AND terminal_id = :terminal_id"
)


class Standing(NamedTuple):
    """A till's numbers up to the last it is known to have given out.

    `missing`: nothing under them and not said to wait; `waiting`: the till says it has them still.
    """

    last_counter: int
    missing: list[int]
    waiting: list[int]
    said_at: int | None


class Said(NamedTuple):
    """What a till says of its own numbers: whose entries wait, which are booked nowhere, and the last it gave out."""

    waiting: Sequence[int]
    unused: Sequence[int]
    last_counter: int


def say(tx: Tx, community_id: int, terminal_id: int, said: Said, *, at: int) -> Standing:
    """Keep what a till says of its store, the newest word alone; gives how its numbers stand then."""
    tx.run(
        _SAY,
        community_id=community_id,
        terminal_id=terminal_id,
        at=at,
        last_counter=said.last_counter,
        waiting=_json(said.waiting),
        unused=_json(said.unused),
    )
    return standing(tx, community_id, terminal_id)


def mark_slips(
    tx: Tx, community_id: int, terminal_id: int, last_counter: int, *, why: str, by: By, at: int
) -> Standing:
    """Note that a till's slips go up to `last_counter`, after its store was cleared; gives what is missing.

    Refusals: terminal_not_found, why_missing, slip_counter_bad.
    """
    if not why.strip():
        raise Refusal("why_missing")
    if not 1 <= last_counter <= MOST_COUNTER:
        raise Refusal("slip_counter_bad", most=MOST_COUNTER)
    _code(tx, community_id, terminal_id)
    tx.run(
        _MARK,
        community_id=community_id,
        terminal_id=terminal_id,
        at=at,
        last_counter=last_counter,
        why=why.strip(),
        by=by.id,
    )
    facts: audit.Facts = {"last_counter": last_counter, "why": why.strip()}
    audit.record(
        tx, community_id, by, "terminal.slips", f"terminal:{terminal_id}", at=at, after=facts
    )
    return standing(tx, community_id, terminal_id)


def standing(tx: Tx, community_id: int, terminal_id: int) -> Standing:
    """How a till's numbers stand: none is explained twice, none is forgotten.

    Refusals: terminal_not_found.
    """
    here = {"community_id": community_id, "terminal_id": terminal_id}
    said = tx.find(_SAID, **here)
    waiting = set() if said is None else set(json.loads(said.waiting))
    unused = set() if said is None else set(json.loads(said.unused))
    known = known_counters(tx, community_id, terminal_id)
    # Beyond the last number anybody named, nothing can be said to be missing.
    last = max(marked_counter(tx, community_id, terminal_id), max(waiting, default=0))
    open_ones = [one for one in range(1, last + 1) if one not in known | unused]
    return Standing(
        last,
        [one for one in open_ones if one not in waiting],
        [one for one in open_ones if one in waiting],
        None if said is None else int(said.said_at),
    )


def check_nothing_waits(tx: Tx, community_id: int, terminal_id: int) -> None:
    """Refuse offline_entries_wait while the till's own store, by its last word, holds what the server has not got."""
    waiting = standing(tx, community_id, terminal_id).waiting
    if waiting:
        raise Refusal("offline_entries_wait", count=len(waiting))


def tills_with_gaps(tx: Tx, community_id: int) -> dict[int, Standing]:
    """Every till of which numbers are missing or entries wait."""
    rows = tx.all(_NAMED, community_id=community_id)
    found = {int(row.terminal_id): standing(tx, community_id, int(row.terminal_id)) for row in rows}
    return {till: one for till, one in found.items() if one.missing or one.waiting}


def marked_counter(tx: Tx, community_id: int, terminal_id: int) -> int:
    """The newest number a till is known to have given out beside what is booked: a wiped tablet goes on behind it."""
    here = {"community_id": community_id, "terminal_id": terminal_id}
    said = tx.find(_SAID, **here)
    told = 0 if said is None else int(said.last_counter)
    return max(told, int(tx.get(_MARKED, **here).last))


def known_counters(tx: Tx, community_id: int, terminal_id: int) -> set[int]:
    """Every number of a till under which the server has something: booked, or refused and kept."""
    code = _code(tx, community_id, terminal_id)
    rows = tx.all(_REFS, community_id=community_id, terminal_id=terminal_id, like=f"{code}-%")
    return set(_counters(row.ref for row in rows))


def unexplained_counters(
    tx: Tx, community_id: int, terminal_id: int, counters: Sequence[int], business_date: int
) -> list[int]:
    """Of numbers that a till's day (yyyymmdd) leaves out: those nothing is known under, or a sale of that day.

    A number of another day, handed out goods or a refused entry is no gap of this one.
    """
    code = _code(tx, community_id, terminal_id)
    here = {"community_id": community_id, "terminal_id": terminal_id}
    known = set(_counters(row.ref for row in tx.all(_REFS, **here, like=f"{code}-%")))
    read = [read_reference(row.ref) for row in tx.all(_RUNG, **here)]
    day = f"{business_date % 1_000_000:06d}"
    held_back = {one.counter for one in read if one is not None and one.yymmdd == day}
    return [one for one in counters if one not in known or one in held_back]


def _counters(refs: Iterable[str]) -> Iterable[int]:
    for ref in refs:
        read = read_reference(ref)
        if read is not None:
            yield read.counter


def _json(counters: Iterable[int]) -> str:
    return json.dumps(sorted(set(counters)), separators=(",", ":"))


def _code(tx: Tx, community_id: int, terminal_id: int) -> str:
    row = tx.find(_CODE, community_id=community_id, terminal_id=terminal_id)
    if row is None:
        raise Refusal("terminal_not_found")
    return str(row.code)
