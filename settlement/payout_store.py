"""Payouts as rows: where each one is, every step it took, and the entry each step made."""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import derived_request_id
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY
from settlement.effects import today_of

_COLUMNS: Final = (
    "payout_id, claimant_id, statement_id, amount_fen, state, attempt, channel_ref, account_tail,"
    " proposed_by, proposed_at, approved_by, approved_at, sent_at, changed_at, route"
)
KEEP: Final = Sql(
    f"INSERT INTO payout (community_id, {_COLUMNS}) VALUES (:community_id, :payout_id,"
    " :claimant_id, :statement_id, :amount_fen, 'proposed', 0, '', :account_tail, :by_id, :at,"
    " NULL, NULL, NULL, :at, '')"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM payout WHERE community_id = :community_id AND payout_id = :payout_id"
)
_ALL: Final = Sql(
    f"SELECT {_COLUMNS} FROM payout WHERE community_id = :community_id"
    " AND payout_id < :before ORDER BY payout_id DESC LIMIT :most"
)
_OPEN: Final = Sql(
    f"SELECT {_COLUMNS} FROM payout WHERE community_id = :community_id"
    " AND state NOT IN ('confirmed', 'cancelled') ORDER BY payout_id DESC"
)
_OVER: Final = Sql(
    f"SELECT {_COLUMNS} FROM payout WHERE community_id = :community_id"
    " AND state IN ('confirmed', 'cancelled') ORDER BY payout_id DESC LIMIT :most"
)
_OF_STATEMENT: Final = Sql(
    f"SELECT {_COLUMNS} FROM payout WHERE community_id = :community_id"
    " AND statement_id = :statement_id ORDER BY payout_id"
)
_UNENDED: Final = Sql(
    f"SELECT {_COLUMNS} FROM payout WHERE community_id = :community_id"
    " AND state IN ('sending', 'sent', 'unknown') ORDER BY payout_id"
)
_IN_STATE: Final = Sql(
    f"SELECT {_COLUMNS} FROM payout WHERE community_id = :community_id AND state = :state"
    " ORDER BY payout_id LIMIT :most"
)
WAITING: Final = Sql(
    "SELECT count(*) AS n FROM payout WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND state IN ('proposed', 'approved', 'failed', 'returned')"
)
_TURN: Final = Sql(
    "UPDATE statement SET claimant_id = claimant_id WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id"
)
_MOVE: Final = Sql(
    "UPDATE payout SET state = :state, attempt = :attempt, channel_ref = :channel_ref,"
    " account_tail = :account_tail, proposed_by = :proposed_by, proposed_at = :proposed_at,"
    " approved_by = :approved_by, approved_at = :approved_at, sent_at = :sent_at, changed_at = :at,"
    " route = :route"
    " WHERE community_id = :community_id AND payout_id = :payout_id AND state = :before"
    " AND attempt = :attempt_before"
)
_NOTE: Final = Sql(
    "INSERT INTO payout_event (community_id, payout_id, event_no, state, attempt, attempt_key,"
    " txn_id, by_id, note, at) SELECT :community_id, :payout_id, coalesce(max(event_no), 0) + 1,"
    " :state, :attempt, :attempt_key, :txn_id, :by_id, :note, :at FROM payout_event"
    " WHERE community_id = :community_id AND payout_id = :payout_id"
)
_EVENTS: Final = Sql(
    "SELECT event_no, state, attempt, attempt_key, txn_id, by_id, note, at FROM payout_event"
    " WHERE community_id = :community_id AND payout_id = :payout_id ORDER BY event_no"
)


class Payout(NamedTuple):
    """A payout: fen, its state (see `settlement.tables`), and how often it was sent."""

    payout_id: int
    claimant_id: int
    statement_id: int
    amount_fen: int
    state: str
    attempt: int
    channel_ref: str
    account_tail: str
    proposed_by: int
    proposed_at: int
    approved_by: int | None
    approved_at: int | None
    sent_at: int | None
    changed_at: int
    route: str


def get_payout(tx: Tx, community_id: int, payout_id: int) -> Payout:
    """One payout.

    Refuses: payout_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, payout_id=payout_id)
    if row is None:
        raise Refusal("payout_not_found")
    return Payout(*row)


def payouts(tx: Tx, community_id: int, *, before: int = 2**63 - 1, most: int = 100) -> list[Payout]:
    """The latest payouts, newest first; page on with the last id."""
    return [Payout(*r) for r in tx.all(_ALL, community_id=community_id, before=before, most=most)]


def open_payouts(tx: Tx, community_id: int) -> list[Payout]:
    """Every payout that is not over yet, newest first, however old it is."""
    return [Payout(*row) for row in tx.all(_OPEN, community_id=community_id)]


def ended_payouts(tx: Tx, community_id: int, *, most: int = 100) -> list[Payout]:
    """The latest payouts that are over: arrived, or given up."""
    return [Payout(*row) for row in tx.all(_OVER, community_id=community_id, most=most)]


def payouts_in(tx: Tx, community_id: int, state: str, *, most: int = 1_000) -> list[Payout]:
    """Payouts that are in one state, oldest first."""
    return [
        Payout(*r) for r in tx.all(_IN_STATE, community_id=community_id, state=state, most=most)
    ]


def take_turn(tx: Tx, community_id: int, claimant_id: int) -> None:
    """Wait until nobody else proposes or sends a payout of this shop, and keep others waiting.

    What a shop is owed is a sum of entries, with no row of its own that could be guarded: read by two at once,
    it would be paid twice. The shop's statements stand for it.
    """
    tx.run(_TURN, community_id=community_id, claimant_id=claimant_id)


def payouts_of_statement(tx: Tx, community_id: int, statement_id: int) -> list[Payout]:
    """Everything paid or to be paid on one statement."""
    rows = tx.all(_OF_STATEMENT, community_id=community_id, statement_id=statement_id)
    return [Payout(*row) for row in rows]


def unended_payouts(tx: Tx, community_id: int) -> list[Payout]:
    """Payouts that were sent and whose end nobody knows yet."""
    return [Payout(*row) for row in tx.all(_UNENDED, community_id=community_id)]


def events_of(tx: Tx, community_id: int, payout_id: int) -> list[Row]:
    """What happened to a payout, in order, each with its entry in the book."""
    return tx.all(_EVENTS, community_id=community_id, payout_id=payout_id)


def attempt_key(community_id: int, payout_id: int, attempt: int) -> str:
    """The name of one attempt, made of the payout and the attempt alone."""
    text = f"payout|{community_id}|{payout_id}|{attempt}"
    return hashlib.sha256(text.encode()).hexdigest()[:40]


_ROADS: Final[dict[tuple[str, Kind], tuple[tuple[Account, Account], ...]]] = {
    ("sending", Kind.PAYOUT): ((Account.PAYABLE, Account.CLEARING),),
    ("sent", Kind.PAYOUT): ((Account.PAYABLE, Account.CLEARING),),
    ("confirmed", Kind.PAID): ((Account.CLEARING, Account.BANK),),
    ("failed", Kind.PAYOUT_FAILED): ((Account.CLEARING, Account.PAYABLE),),
    ("returned", Kind.PAYOUT_FAILED): (
        (Account.BANK, Account.RETURNS),
        (Account.RETURNS, Account.PAYABLE),
    ),
}
"""Where the yuan go when a payout reaches a state."""


def move(
    tx: Tx,
    community_id: int,
    before: Payout,
    after: Payout,
    *,
    by: By,
    at: int,
    kind: Kind | None = None,
    note: str = "",
) -> Payout:
    """Take a payout from one state to another, with the entry that goes with it and a note.

    Raises GuardMissedError where somebody moved it meanwhile.
    """
    moved = tx.run(
        _MOVE,
        community_id=community_id,
        payout_id=before.payout_id,
        before=before.state,
        attempt_before=before.attempt,
        state=after.state,
        attempt=after.attempt,
        channel_ref=after.channel_ref,
        account_tail=after.account_tail,
        proposed_by=after.proposed_by,
        proposed_at=after.proposed_at,
        approved_by=after.approved_by,
        approved_at=after.approved_at,
        sent_at=after.sent_at,
        route=after.route,
        at=at,
    )
    if moved != 1:
        raise GuardMissedError("payout")
    txn_id = None if kind is None else _post(tx, community_id, after, kind, by=by, at=at)
    after = after._replace(changed_at=at)
    note_step(tx, community_id, after, by=by, at=at, txn_id=txn_id, note=note)
    return after


def _post(tx: Tx, community_id: int, payout: Payout, kind: Kind, *, by: By, at: int) -> int:
    def side(account: Account) -> Side:
        owner = payout.claimant_id if account is Account.PAYABLE else 0
        return Side(account_id(tx, community_id, account, CNY, owner, at=at), account)

    key = attempt_key(community_id, payout.payout_id, payout.attempt)
    return post(
        tx,
        Posting(
            community_id=community_id,
            kind=kind,
            request_id=derived_request_id(key, payout.state),
            occurred_at=at,
            at=at,
            business_date=today_of(tx, community_id, at=at),
            lines=[
                Line(side(debit), side(credit), CNY, payout.amount_fen)
                for debit, credit in _ROADS[payout.state, kind]
            ],
            merchant_id=payout.claimant_id,
            staff_id=by.id or None,
            reason_key=f"payout_{payout.state}",
            source="office" if by.kind == "staff" else "job",
        ),
    )


def note_step(
    tx: Tx,
    community_id: int,
    payout: Payout,
    *,
    by: By,
    at: int,
    txn_id: int | None = None,
    note: str = "",
) -> None:
    """Keep one step of a payout's life."""
    here = {"community_id": community_id, "payout_id": payout.payout_id}
    tx.run(
        _NOTE,
        **here,
        state=payout.state,
        attempt=payout.attempt,
        attempt_key=attempt_key(community_id, payout.payout_id, payout.attempt),
        txn_id=txn_id,
        by_id=by.id,
        note=note,
        at=at,
    )
    facts: dict[str, Any] = {
        "state": payout.state,
        "attempt": payout.attempt,
        "amount_fen": payout.amount_fen,
        "claimant_id": str(payout.claimant_id),
        "statement_id": str(payout.statement_id),
    }
    audit.record(
        tx, community_id, by, "payout.state", f"payout:{payout.payout_id}", at=at, after=facts
    )
