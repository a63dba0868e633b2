"""The only writer of the book: a posting of balanced transfers, guarded, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from ledger.book.chart import ALLOWED, BOUNDED, DEBIT_SIDE, Account, Kind
from ledger.book.steps import Step, apply
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.sql import Sql, Tx

_MOST_LINES: Final = 12


class Side(NamedTuple):
    """One account a line touches: its id and its kind (the kind decides guards and the allow-list)."""

    account_id: int
    kind: Account


class Line(NamedTuple):
    """`amount` smallest units of `commodity` from the account debited to the account credited."""

    debit: Side
    credit: Side
    commodity: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What is written at once. Times in microseconds UTC, `business_date` as yyyymmdd; ids are whole numbers."""

    community_id: int
    kind: Kind
    request_id: str
    occurred_at: int
    at: int
    business_date: int
    lines: Sequence[Line]
    txn_id: int = 0
    ref: str | None = None
    scheme_period: str = ""
    scheme_version: str = ""
    units_per_fen: int | None = None
    person_id: int | None = None
    wallet_owner_id: int | None = None
    card_serial: int | None = None
    card_issue: int | None = None
    on_behalf_of: int | None = None
    merchant_id: int | None = None
    branch_id: int | None = None
    terminal_id: int | None = None
    staff_id: int | None = None
    issuing_community: int = 0
    accepting_community: int = 0
    reason_key: str = ""
    source: str = "job"
    provisional: int = 0
    reverses_txn: int | None = None
    corrects_date: int | None = None
    captured: dict[int, int] = field(default_factory=dict)
    """Held amounts this posting uses up: account id -> smallest units taken out of `held`."""


_HEADER_COLUMNS: Final = (
    "community_id, txn_id, request_id, kind, ref, business_date, scheme_period, occurred_at, recorded_at,"
    " scheme_version, units_per_fen, person_id, wallet_owner_id, card_serial, card_issue, on_behalf_of,"
    " merchant_id, branch_id, terminal_id, staff_id, issuing_community, accepting_community, reason_key,"
    " source, provisional, reverses_txn, corrects_date"
)
_HEADER: Final = Sql(
    f"INSERT INTO txn ({_HEADER_COLUMNS}) VALUES ("
    + ", ".join(f":{name.strip()}" for name in _HEADER_COLUMNS.split(","))
    + ")"
)
_LOCKED: Final = Sql(
    "SELECT 1 AS locked FROM book_day WHERE community_id = :community_id"
    " AND business_date = :business_date AND state = 'locked'"
    " UNION SELECT 1 FROM period WHERE community_id = :community_id AND period_key = :month"
)
_MOVE: Final = Sql(
    "UPDATE balance SET posted = posted + :delta, held = held - :captured WHERE community_id = :community_id"
    " AND account_id = :account_id AND posted + :delta >= held - :captured AND held >= :captured"
)
_OUTBOX: Final = Sql(
    "INSERT INTO outbox (community_id, entry_id, kind, recorded_at)"
    " VALUES (:community_id, :txn_id, 'txn', :recorded_at)"
)


def _transfer_statement(lines: int) -> Sql:
    rows = ", ".join(
        f"(:community_id, :txn_id, {n}, :commodity{n}, :debit{n}, :credit{n}, :amount{n})"
        for n in range(lines)
    )
    return Sql(
        "INSERT INTO transfer (community_id, txn_id, line_no, commodity, debit_id, credit_id, amount)"
        f" VALUES {rows}"
    )


_TRANSFERS: Final = tuple(_transfer_statement(lines) for lines in range(1, _MOST_LINES + 1))


def post(tx: Tx, posting: Posting) -> int:
    """Write `posting` and return its transaction id.

    Refuses `period_locked` for a date whose day is locked. Raises GuardMissedError where a bounded account holds less
    than is taken (the caller's transaction is rolled back and tried again on fresh figures).
    """
    posting = posting if posting.txn_id else replace(posting, txn_id=new_id(posting.at))
    check_open(tx, posting.community_id, posting.business_date)
    apply(tx, steps(posting))
    return posting.txn_id


def check_open(tx: Tx, community_id: int, business_date: int) -> None:
    """Refuse `period_locked` where the day, or its month, takes no more entries."""
    month = business_date // 100
    locked = tx.find(_LOCKED, community_id=community_id, business_date=business_date, month=month)
    if locked is not None:
        raise Refusal("period_locked", business_date=business_date)


def steps(posting: Posting) -> list[Step]:
    """The statements of one posting, guards first, for `apply`; an illegal posting raises ValueError (a bug)."""
    _check_shape(posting)
    community = {"community_id": posting.community_id}
    result = [
        Step(
            _MOVE,
            {**community, "account_id": account, "delta": delta, "captured": captured},
            guard="balance",
        )
        for account, (delta, captured) in sorted(_bounded_effects(posting).items())
    ]
    result.append(Step(_HEADER, header(posting)))
    params: dict[str, Any] = {**community, "txn_id": posting.txn_id}
    for n, line in enumerate(posting.lines):
        params[f"commodity{n}"] = line.commodity
        params[f"debit{n}"] = line.debit.account_id
        params[f"credit{n}"] = line.credit.account_id
        params[f"amount{n}"] = line.amount
    if posting.lines:
        result.append(Step(_TRANSFERS[len(posting.lines) - 1], params))
    result.append(Step(_OUTBOX, {**community, "txn_id": posting.txn_id, "recorded_at": posting.at}))
    return result


def header(posting: Posting) -> dict[str, Any]:
    """The `txn` row of a posting."""
    here = posting.community_id
    return {
        "community_id": here,
        "txn_id": posting.txn_id,
        "request_id": posting.request_id,
        "kind": posting.kind.value,
        "ref": posting.ref,
        "business_date": posting.business_date,
        "scheme_period": posting.scheme_period,
        "occurred_at": posting.occurred_at,
        "recorded_at": posting.at,
        "scheme_version": posting.scheme_version,
        "units_per_fen": posting.units_per_fen,
        "person_id": posting.person_id,
        "wallet_owner_id": posting.wallet_owner_id,
        "card_serial": posting.card_serial,
        "card_issue": posting.card_issue,
        "on_behalf_of": posting.on_behalf_of,
        "merchant_id": posting.merchant_id,
        "branch_id": posting.branch_id,
        "terminal_id": posting.terminal_id,
        "staff_id": posting.staff_id,
        "issuing_community": posting.issuing_community or here,
        "accepting_community": posting.accepting_community or here,
        "reason_key": posting.reason_key,
        "source": posting.source,
        "provisional": posting.provisional,
        "reverses_txn": posting.reverses_txn,
        "corrects_date": posting.corrects_date,
    }


def _bounded_effects(posting: Posting) -> dict[int, tuple[int, int]]:
    """What each account with a balance row gains (normal side) and how much of its hold is used up."""
    gains: dict[int, int] = {}
    for line in posting.lines:
        for side, sign in ((line.debit, -1), (line.credit, 1)):
            if side.kind in BOUNDED:
                gains[side.account_id] = (
                    gains.get(side.account_id, 0) + sign * _normal(side.kind) * line.amount
                )
    accounts = set(gains) | set(posting.captured)
    effects = {a: (gains.get(a, 0), posting.captured.get(a, 0)) for a in accounts}
    return {a: effect for a, effect in effects.items() if effect != (0, 0)}


def _normal(kind: Account) -> int:
    return -1 if kind in DEBIT_SIDE else 1


def _check_shape(posting: Posting) -> None:
    if len(posting.lines) > _MOST_LINES:
        message = f"a posting has at most {_MOST_LINES} lines"
        raise ValueError(message)
    if posting.kind is Kind.REVERSAL:
        return
    allowed = ALLOWED[posting.kind]
    for line in posting.lines:
        if (line.debit.kind, line.credit.kind) not in allowed or line.amount <= 0:
            message = f"{posting.kind} may not move {line.amount} from {line.debit.kind} to {line.credit.kind}"
            raise ValueError(message)


_LINES_OF: Final = Sql(
    "SELECT x.business_date, t.commodity, t.amount, t.debit_id, d.kind AS debit_kind, t.credit_id,"
    " c.kind AS credit_kind FROM transfer t"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    " WHERE t.community_id = :community_id AND t.txn_id = :txn_id ORDER BY t.line_no"
)


def reverse(
    tx: Tx,
    community_id: int,
    txn_id: int,
    *,
    request_id: str,
    at: int,
    business_date: int,
    reason_key: str,
) -> int:
    """Undo a posting with the sides of every line swapped, naming its date; a second reversal of it is refused.

    Refuses `already_reversed` and `period_locked`; raises GuardMissedError where the points are gone already.
    """
    if tx.find(_REVERSED, community_id=community_id, txn_id=txn_id) is not None:
        raise Refusal("already_reversed")
    rows = tx.all(_LINES_OF, community_id=community_id, txn_id=txn_id)
    lines = [
        Line(
            Side(row.credit_id, Account(row.credit_kind)),
            Side(row.debit_id, Account(row.debit_kind)),
            row.commodity,
            row.amount,
        )
        for row in rows
    ]
    return post(
        tx,
        Posting(
            community_id=community_id,
            kind=Kind.REVERSAL,
            request_id=request_id,
            occurred_at=at,
            at=at,
            business_date=business_date,
            lines=lines,
            reverses_txn=txn_id,
            corrects_date=int(rows[0].business_date) if rows else None,
            reason_key=reason_key,
        ),
    )


_REVERSED: Final = Sql(
    "SELECT txn_id FROM txn WHERE community_id = :community_id AND reverses_txn = :txn_id"
)
