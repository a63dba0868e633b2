"""Disputed lines as rows: where each stands, every step it took, and what they hold back from payment."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Row, Sql, Tx
from settlement.dispute_life import HOLDING, Verb

_OPEN: Final = "(" + ", ".join(f"'{state.value}'" for state in sorted(HOLDING)) + ")"


class Dispute(NamedTuple):
    """A disputed line; fen signed, `held_fen` not. See `settlement.dispute_tables`."""

    dispute_id: int
    claimant_id: int
    statement_id: int
    row_no: int
    ref: str
    business_date: int
    booked_fen: int
    asked_fen: int | None
    held_fen: int
    state: str
    appealed: int
    outcome: str
    outcome_fen: int
    ruled_by: int | None
    approved_by: int | None
    due_date: int | None
    raised_at: int
    changed_at: int


_COLUMNS: Final = ", ".join(Dispute._fields)
_KEEP: Final = Sql(
    f"INSERT INTO dispute (community_id, {_COLUMNS}) VALUES (:community_id, "
    + ", ".join(f":{name}" for name in Dispute._fields)
    + ") ON CONFLICT (community_id, statement_id, row_no, ref) DO NOTHING"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM dispute WHERE community_id = :community_id"
    " AND dispute_id = :dispute_id"
)
_OF_STATEMENT: Final = Sql(
    f"SELECT {_COLUMNS} FROM dispute WHERE community_id = :community_id"
    " AND statement_id = :statement_id ORDER BY row_no, ref"
)
_OF_SHOP: Final = Sql(
    f"SELECT {_COLUMNS} FROM dispute WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id ORDER BY dispute_id DESC"
)
_WAITING: Final = Sql(
    f"SELECT {_COLUMNS} FROM dispute WHERE community_id = :community_id"
    " AND state <> 'final' ORDER BY dispute_id"
)
_ENDED: Final = Sql(
    f"SELECT {_COLUMNS} FROM dispute WHERE community_id = :community_id"
    " AND state = 'final' ORDER BY dispute_id DESC LIMIT :most"
)
_DUE: Final = Sql(
    f"SELECT {_COLUMNS} FROM dispute WHERE community_id = :community_id"
    " AND due_date < :today AND state IN ('evidence_due', 'upheld', 'rejected', 'split')"
    " ORDER BY dispute_id"
)
_MOVE: Final = Sql(
    "UPDATE dispute SET held_fen = :held_fen, state = :state, appealed = :appealed,"
    " outcome = :outcome, outcome_fen = :outcome_fen, asked_fen = :asked_fen, ruled_by = :ruled_by,"
    " approved_by = :approved_by, due_date = :due_date, changed_at = :at"
    " WHERE community_id = :community_id AND dispute_id = :dispute_id AND state = :before"
)
_CHANGING: Final = (
    "held_fen",
    "state",
    "appealed",
    "outcome",
    "outcome_fen",
    "asked_fen",
    "ruled_by",
    "approved_by",
    "due_date",
)
_NOTE: Final = Sql(
    "INSERT INTO dispute_step (community_id, dispute_id, step_no, verb, state, by_kind, by_id, fen,"
    " txn_id, note, at) SELECT :community_id, :dispute_id, coalesce(max(step_no), 0) + 1, :verb,"
    " :state, :by_kind, :by_id, :fen, :txn_id, :note, :at FROM dispute_step"
    " WHERE community_id = :community_id AND dispute_id = :dispute_id"
)
_STEPS: Final = Sql(
    "SELECT step_no, verb, state, by_kind, by_id, fen, txn_id, note, at FROM dispute_step"
    " WHERE community_id = :community_id AND dispute_id = :dispute_id ORDER BY step_no"
)
_FOR_OFFICE: Final = Sql(
    "SELECT count(*) AS n FROM dispute WHERE community_id = :community_id"
    " AND state IN ('raised', 'under_review', 'appealed', 'ruling_proposed')"
)
_PROPOSED: Final = Sql(
    "SELECT fen FROM dispute_step WHERE community_id = :community_id AND dispute_id = :dispute_id"
    " ORDER BY step_no DESC LIMIT 1"
)
_HELD: Final = Sql(
    "SELECT coalesce(sum(held_fen), 0) AS fen, count(*) AS n FROM dispute"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id"
    f" AND (:statement_id = 0 OR statement_id = :statement_id) AND state IN {_OPEN}"
)
_RULED: Final = Sql(
    "SELECT s.txn_id, d.statement_id, d.row_no, d.ref, d.business_date, d.booked_fen, d.asked_fen,"
    " d.outcome, t.statement_no FROM dispute_step s JOIN dispute d"
    " ON d.community_id = s.community_id AND d.dispute_id = s.dispute_id"
    " JOIN statement t ON t.community_id = d.community_id AND t.statement_id = d.statement_id"
    " WHERE s.community_id = :community_id AND d.claimant_id = :claimant_id AND s.txn_id IS NOT NULL"
)

REFS_IN_DISPUTE: Final = (
    "NOT EXISTS (SELECT 1 FROM dispute d WHERE d.community_id = i.community_id"
    " AND d.claimant_id = i.claimant_id AND d.ref = i.ref AND d.ref <> ''"
    f" AND d.state IN {_OPEN})"
)
"""Keeps a receipt (`i.ref`) whose line is open out of what accepting a statement settles."""


def get_dispute(tx: Tx, community_id: int, dispute_id: int) -> Dispute:
    """One disputed line.

    Refuses: dispute_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, dispute_id=dispute_id)
    if row is None:
        raise Refusal("dispute_not_found")
    return Dispute(*row)


def disputes_of_statement(tx: Tx, community_id: int, statement_id: int) -> list[Dispute]:
    """A statement's disputed lines, in its order."""
    rows = tx.all(_OF_STATEMENT, community_id=community_id, statement_id=statement_id)
    return [Dispute(*row) for row in rows]


def disputes_of_shop(tx: Tx, community_id: int, claimant_id: int) -> list[Dispute]:
    """What a shop ever objected to, newest first."""
    rows = tx.all(_OF_SHOP, community_id=community_id, claimant_id=claimant_id)
    return [Dispute(*row) for row in rows]


def waiting_disputes(tx: Tx, community_id: int) -> list[Dispute]:
    """Lines whose dispute is not over, oldest first."""
    return [Dispute(*row) for row in tx.all(_WAITING, community_id=community_id)]


def ended_disputes(tx: Tx, community_id: int, *, most: int = 100) -> list[Dispute]:
    """Lines whose dispute is over, newest first."""
    return [Dispute(*row) for row in tx.all(_ENDED, community_id=community_id, most=most)]


def due_disputes(tx: Tx, community_id: int, *, today: int) -> list[Dispute]:
    """Lines on which the shop's days to answer or appeal have passed."""
    return [Dispute(*row) for row in tx.all(_DUE, community_id=community_id, today=today)]


def steps_of(tx: Tx, community_id: int, dispute_id: int) -> list[Row]:
    """What was done with a disputed line, in order, each with its entry in the book."""
    return tx.all(_STEPS, community_id=community_id, dispute_id=dispute_id)


def count_for_office(tx: Tx, community_id: int) -> int:
    """How many disputed lines wait for the office."""
    return int(tx.get(_FOR_OFFICE, community_id=community_id).n)


def proposed_fen(tx: Tx, community_id: int, dispute_id: int) -> int:
    """What the last step says, signed fen: for a proposed ruling, what it would add."""
    return int(tx.get(_PROPOSED, community_id=community_id, dispute_id=dispute_id).fen)


def held_by_disputes(
    tx: Tx, community_id: int, claimant_id: int, *, statement_id: int = 0
) -> tuple[int, int]:
    """Fen that open disputes of a shop (of one statement) keep from being paid, and how many lines are open."""
    row = tx.get(
        _HELD, community_id=community_id, claimant_id=claimant_id, statement_id=statement_id
    )
    return int(row.fen), int(row.n)


def rulings_of_shop(tx: Tx, community_id: int, claimant_id: int) -> dict[int, Row]:
    """By entry in the book: the disputed line it ruled on."""
    rows = tx.all(_RULED, community_id=community_id, claimant_id=claimant_id)
    return {int(row.txn_id): row for row in rows}


def keep_dispute(tx: Tx, community_id: int, made: Dispute) -> bool:
    """Write a new dispute; False where this line is in dispute already."""
    return tx.run(_KEEP, community_id=community_id, **made._asdict()) == 1


class Did(NamedTuple):
    """What somebody did with a line: the figure it names (signed fen), its entry, and that person's words."""

    verb: Verb
    by: By
    at: int
    fen: int = 0
    txn_id: int | None = None
    note: str = ""


def move_dispute(tx: Tx, community_id: int, before: Dispute, after: Dispute, did: Did) -> None:
    """Take a disputed line from one state to the next, with its step.

    Raises GuardMissedError where somebody moved it meanwhile.
    """
    values = {name: getattr(after, name) for name in _CHANGING}
    here = {"community_id": community_id, "dispute_id": before.dispute_id}
    if tx.run(_MOVE, **here, before=before.state, at=did.at, **values) != 1:
        raise GuardMissedError("dispute")
    note_step(tx, community_id, after, did)


def note_step(tx: Tx, community_id: int, dispute: Dispute, did: Did) -> None:
    """Keep one step of a disputed line, and the act under the seal."""
    tx.run(
        _NOTE,
        community_id=community_id,
        dispute_id=dispute.dispute_id,
        verb=did.verb.value,
        state=dispute.state,
        by_kind=did.by.kind,
        by_id=did.by.id,
        fen=did.fen,
        txn_id=did.txn_id,
        note=did.note,
        at=did.at,
    )
    facts: dict[str, Any] = {
        "verb": did.verb.value,
        "state": dispute.state,
        "statement_id": str(dispute.statement_id),
        "row_no": dispute.row_no,
        "fen": did.fen,
    }
    subject = f"dispute:{dispute.dispute_id}"
    audit.record(tx, community_id, did.by, "dispute.step", subject, at=did.at, after=facts)
