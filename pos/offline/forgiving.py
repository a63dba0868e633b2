"""A debt out of sales without network is let go: proposed by one, agreed to by another, borne by the community.

The shop was paid when the sale came in, out of the fund. What is let go is the holder's debt in points, which becomes
the community's loss; no yuan move.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ledger.audit import By
from ledger.book.accounts import account_id, find_account
from ledger.book.balances import lock_wallet, wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.book.steps import apply
from ledger.errors import Refusal
from ledger.households.owners import owner_now
from ledger.ids import derived_request_id
from ledger.members import approvals
from ledger.members.approvals import Approval
from ledger.members.terms import Terms
from ledger.offline.borne import forgiven_units
from ledger.sql import Sql, Tx
from pos.notices import FORGIVEN, tell_step

APPROVAL: Final = "offline.forgive"

_SHORT: Final = Sql(
    "SELECT s.wallet_owner_id, o.person_id, sum(o.lacked_units) AS units, max(o.came_at) AS came_at"
    " FROM offline_sale o JOIN sale s ON s.community_id = o.community_id AND s.sale_id = o.request_id"
    " WHERE o.community_id = :community_id AND o.state = 'short' AND o.person_id IS NOT NULL"
    " GROUP BY s.wallet_owner_id, o.person_id ORDER BY max(o.came_at) DESC"
)
_OWED_MOVES: Final = Sql(
    "SELECT x.kind, CASE WHEN t.debit_id = :account THEN t.amount ELSE -t.amount END AS units FROM transfer t"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE t.community_id = :community_id AND (t.debit_id = :account OR t.credit_id = :account)"
    " ORDER BY t.txn_id, t.line_no"
)
_BROUGHT: Final = frozenset({Kind.OVERSPEND, Kind.HOUSEHOLD_MOVE})
"""What brings such a debt to a wallet: the sale that came in, and a household that takes it along."""
_LET_GO: Final = Sql(
    "SELECT coalesce(sum(t.amount), 0) AS units FROM txn x JOIN transfer t ON t.community_id = x.community_id"
    " AND t.txn_id = x.txn_id WHERE x.community_id = :community_id AND x.kind = 'forgive'"
    " AND x.request_id = :request_id"
)
_DECIDED: Final = Sql(
    "SELECT approval_id FROM approval WHERE community_id = :community_id AND kind = :kind AND state = 'approved'"
    " ORDER BY approval_id DESC LIMIT 20"
)


class Debt(NamedTuple):
    """What a wallet owner still owes out of sales without network; `person_id` bought last, `units` in the smallest."""

    owner_id: int
    person_id: int
    units: int
    came_at: int


def debts(tx: Tx, terms: Terms) -> list[Debt]:
    """Every such debt that is still open, the newest sale first.

    Points paid back count against it first of all; what is owed for anything else is none of these.
    """
    here, commodity = terms.community.id, terms.civic.commodity
    lacked: dict[int, Debt] = {}
    for row in tx.all(_SHORT, community_id=here):
        person_id = int(row.person_id)
        owner = owner_now(tx, here, int(row.wallet_owner_id), person_id)
        before = lacked.get(owner, Debt(owner, person_id, 0, int(row.came_at)))
        lacked[owner] = before._replace(units=before.units + int(row.units))
    found = []
    for debt in lacked.values():
        let_go = forgiven_units(tx, here, debt.owner_id)
        left = min(_still_owed(tx, here, debt.owner_id, commodity), debt.units - let_go)
        if left > 0:
            found.append(debt._replace(units=left))
    return found


def _still_owed(tx: Tx, community_id: int, owner_id: int, commodity: int) -> int:
    """Of what a wallet owes, what sales without network brought: told apart by walking its entries in their order."""
    if not wallet_of(tx, community_id, owner_id, commodity).owed:
        return 0
    account = find_account(tx, community_id, Account.OWED, commodity, owner_id)
    rows = tx.all(_OWED_MOVES, community_id=community_id, account=account)
    return owed_by_offline((Kind(row.kind), int(row.units)) for row in rows)


def owed_by_offline(moves: Iterable[tuple[Kind, int]]) -> int:
    """What is left of the debts that sales without network brought; units, positive where more is owed."""
    offline = other = 0
    for kind, units in moves:
        if units > 0 and kind in _BROUGHT:
            offline += units
        elif units > 0:
            other += units
        else:
            first = min(offline, -units)
            offline, other = offline - first, other + units + first
    return offline


def propose_forgiving(
    tx: Tx, terms: Terms, owner_id: int, units: int, reason: str, *, by: By, at: int
) -> int:
    """Propose to let `units` of a debt go; nothing moves before a second person agrees. Returns the proposal's number.

    Refuses forgive_none, forgive_too_much, forgive_waiting, reason_missing, own_household, own_kin.
    """
    here = terms.community.id
    debt = _debt_of(tx, terms, owner_id)
    if not 0 < units <= debt.units:
        raise Refusal("forgive_too_much", owed_units=debt.units)
    if not reason.strip():
        raise Refusal("reason_missing")
    subject = f"owner:{owner_id}"
    known = approvals.find_latest(tx, here, APPROVAL, subject)
    if known is not None and known.state == "proposed":
        raise Refusal("forgive_waiting")
    body = {
        "owner_id": owner_id,
        "person_id": debt.person_id,
        "household_id": owner_id if terms.civic.has_pool else None,
        "units": units,
        "reason": reason.strip(),
    }
    return approvals.propose(tx, here, APPROVAL, subject, body, by=by, at=at)


def agree_to_forgiving(
    tx: Tx, terms: Terms, approval_id: int, *, today: int, by: By, at: int
) -> int:
    """Agree as a second person: as much of it as is still owed is let go. Returns the units.

    Refuses forgive_none (it was made up meanwhile), period_locked and what `ledger.members.approvals.approve` refuses.
    """
    here, commodity = terms.community.id, terms.civic.commodity
    approved = approvals.approve(tx, here, approval_id, by=by, at=at)
    body: dict[str, Any] = dict(approved.body)
    owner = int(body["owner_id"])
    wallet = account_id(tx, here, Account.WALLET, commodity, owner, at=at)
    lock_wallet(tx, here, wallet)
    units = min(int(body["units"]), _debt_of(tx, terms, owner).units)
    loss = Side(account_id(tx, here, Account.LOSS, commodity, at=at), Account.LOSS)
    owed = Side(account_id(tx, here, Account.OWED, commodity, owner, at=at), Account.OWED)
    post(
        tx,
        Posting(
            community_id=here,
            kind=Kind.FORGIVE,
            request_id=derived_request_id("forgive", approval_id),
            occurred_at=at,
            at=at,
            business_date=today,
            lines=[Line(loss, owed, commodity, units)],
            scheme_period=str(today // 100),
            person_id=int(body["person_id"]),
            wallet_owner_id=owner,
            staff_id=by.id,
            reason_key="forgive",
            source="office",
        ),
    )
    told = tell_step(here, int(body["person_id"]), FORGIVEN, str(approval_id), at=at, units=units)
    apply(tx, [told])
    return units


def let_go(tx: Tx, community_id: int, approval_id: int) -> int:
    """The units that an agreed proposal let go: less than was proposed where some was made up meanwhile."""
    asked = derived_request_id("forgive", approval_id)
    return int(tx.get(_LET_GO, community_id=community_id, request_id=asked).units)


def decided(tx: Tx, community_id: int) -> list[Approval]:
    """What was let go lately, newest first; the notice on paper is printed from it."""
    rows = tx.all(_DECIDED, community_id=community_id, kind=APPROVAL)
    return [approvals.get_approval(tx, community_id, int(row.approval_id)) for row in rows]


def _debt_of(tx: Tx, terms: Terms, owner_id: int) -> Debt:
    for debt in debts(tx, terms):
        if debt.owner_id == owner_id:
            return debt
    raise Refusal("forgive_none")
