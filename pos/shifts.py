"""Shifts of a till: opened on what the last closing left, closed with a count, one signed entry behind the other.

A shift has every receipt number since the last closing, so no sale stands between two shifts (B12, B13).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.members import terminals
from ledger.members.device_keys import is_signature
from ledger.offline.waiting import standing
from ledger.sql import Row, Sql, Tx
from pos.shift_line import ShiftLine, read_shift_line

_COLUMNS: Final = (
    "terminal_id, entry_no, kind, shift_no, clerk_id, happened_at, first_counter, last_counter, expected_fen,"
    " counted_fen, taken_fen, expected_slips, counted_slips, hash"
)
_NAMES: Final = tuple(name.strip() for name in _COLUMNS.split(","))
_LAST: Final = Sql(
    f"SELECT {_COLUMNS} FROM shift_entry WHERE community_id = :community_id"
    " AND terminal_id = :terminal_id ORDER BY entry_no DESC LIMIT 1"
)
_ONE: Final = Sql(
    "SELECT hash FROM shift_entry WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " AND entry_no = :entry_no"
)
_CLOSINGS: Final = Sql(
    f"SELECT {_COLUMNS} FROM shift_entry WHERE community_id = :community_id AND kind = 'close'"
    " ORDER BY happened_at DESC, terminal_id LIMIT :most"
)
_KEEP: Final = Sql(
    f"INSERT INTO shift_entry (community_id, {_COLUMNS}, line, request_id, recorded_at) VALUES"
    f" (:community_id, {', '.join(f':{name}' for name in _NAMES)}, :line, :request_id, :at)"
    " ON CONFLICT (community_id, terminal_id, entry_no) DO NOTHING"
)


class Head(NamedTuple):
    """Where a terminal's shifts stand: the newest entry, and what it left in the drawer (fen)."""

    entry_no: int
    hash: str
    shift_no: int
    is_open: bool
    left_fen: int
    last_counter: int
    opened_fen: int
    happened_at: int

    def as_json(self) -> dict[str, Any]:
        """As the till reads it."""
        return self._asdict() | {"happened_at": str(self.happened_at // 1_000)}


def head_of(tx: Tx, community_id: int, terminal_id: int) -> Head | None:
    """The newest entry of a terminal; None where no shift was ever opened."""
    row = tx.find(_LAST, community_id=community_id, terminal_id=terminal_id)
    return None if row is None else _head(row)


def closings(tx: Tx, community_id: int, *, most: int = 50) -> list[Row]:
    """The newest closings of all tills, newest first."""
    return tx.all(_CLOSINGS, community_id=community_id, most=most)


def take_entry(
    db: Database, community_id: int, terminal_id: int, text: str, *, at: int
) -> dict[str, Any]:
    """Put a signed opening or closing behind the terminal's last; the same again is answered the same.

    Refusals: shift_line_bad (form, signature, somebody else's), shift_changed (the number is taken by another entry),
    shift_gap (numbers left out; `expected`), shift_not_chained (it does not follow the last entry or its figures),
    shift_entries_wait (closed while the till says that entries of it wait).
    """
    line = read_shift_line(text)
    if (line.community_id, line.terminal_id) != (community_id, terminal_id):
        raise Refusal("shift_line_bad")

    def work(tx: Tx) -> dict[str, Any]:
        kept = tx.find(
            _ONE, community_id=community_id, terminal_id=terminal_id, entry_no=line.entry_no
        )
        if kept is not None:
            if kept.hash != line.hash:
                raise Refusal("shift_changed", entry_no=line.entry_no)
            return _answer(line)
        terminal = terminals.get_terminal(tx, community_id, terminal_id)
        if not is_signature(terminal.public_jwk or "", line.signature, line.signed):
            raise Refusal("shift_line_bad")
        _check_follows(line, head_of(tx, community_id, terminal_id))
        if line.kind == "close":
            _check_nothing_waits(tx, line)
        if tx.run(_KEEP, **_values(line, text), at=at) != 1:
            raise GuardMissedError("shift_entry")
        return _answer(line)

    try:
        return db.write(work)
    except GuardMissedError:
        # The same entry came over a second connection and was quicker.
        return db.write(work)


def _check_follows(line: ShiftLine, head: Head | None) -> None:
    """The rule of the chain, from nothing but the entry and the one before it."""
    last_no = 0 if head is None else head.entry_no
    if line.entry_no > last_no + 1:
        raise Refusal("shift_gap", expected=last_no + 1)
    was_open = head is not None and head.is_open
    before = "" if head is None else head.hash
    left_fen = line.counted_fen if head is None else head.left_fen
    last_counter = 0 if head is None else head.last_counter
    shift_no = 1 if head is None else head.shift_no + (0 if was_open else 1)
    fits = line.before == before and line.shift_no == shift_no
    if line.kind == "open":
        fits = fits and not was_open and line.expected_fen == left_fen and line.taken_fen == 0
    else:
        fits = (
            fits
            and was_open
            and line.taken_fen <= line.counted_fen
            and line.first_counter == last_counter + 1
            and line.last_counter >= last_counter
        )
    if not fits:
        raise Refusal("shift_not_chained", expected=last_no + 1)


def _check_nothing_waits(tx: Tx, line: ShiftLine) -> None:
    waiting = standing(tx, line.community_id, line.terminal_id).waiting
    count = sum(line.first_counter <= one <= line.last_counter for one in waiting)
    if count:
        raise Refusal("shift_entries_wait", count=count)


def _values(line: ShiftLine, text: str) -> dict[str, Any]:
    said = line._asdict()
    names = ("community_id", "request_id", *_NAMES)
    return {name: said[name] for name in names} | {"line": text}


def _answer(line: ShiftLine) -> dict[str, Any]:
    return {
        "entry_no": line.entry_no,
        "kind": line.kind,
        "shift_no": line.shift_no,
        "difference_fen": line.counted_fen - line.expected_fen,
        "difference_slips": line.counted_slips - line.expected_slips,
    }


def _head(row: Row) -> Head:
    return Head(
        entry_no=int(row.entry_no),
        hash=row.hash,
        shift_no=int(row.shift_no),
        is_open=row.kind == "open",
        left_fen=int(row.counted_fen) - int(row.taken_fen),
        last_counter=int(row.last_counter),
        opened_fen=int(row.counted_fen),
        happened_at=int(row.happened_at),
    )
