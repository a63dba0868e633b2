"""Somebody has died: what waits for heirs and until when, and what was spent by their code afterwards."""

from __future__ import annotations

from typing import Final

from ledger.audit import By
from ledger.book.balances import wallet_of
from ledger.earning.calendar import day_from_key, day_in_month, day_key
from ledger.errors import Refusal
from ledger.expiry.plan import PointKind
from ledger.households import store
from ledger.households.homes import active_members, keep_a_head
from ledger.households.moving import Part
from ledger.members import approvals, cards, residents
from ledger.sql import Row, Sql, Tx

CLAIM_MONTHS: Final = 12
"""How long points wait for heirs, from the day of death (domain 2.6): a last member's pool, anybody's own points."""

_KEEP: Final = Sql(
    "INSERT INTO estate (community_id, person_id, household_id, died_on, reported_on, claim_until,"
    " was_last) VALUES (:community_id, :person_id, :household_id, :died_on, :reported_on,"
    " :claim_until, :was_last)"
)
_OF: Final = Sql(
    "SELECT person_id, household_id, died_on, reported_on, claim_until, was_last, claimed_act"
    " FROM estate WHERE community_id = :community_id AND household_id = :household_id"
    " ORDER BY person_id"
)
_WAITS: Final = Sql(
    "SELECT count(*) AS n FROM account a JOIN balance b ON b.community_id = a.community_id"
    " AND b.account_id = a.account_id WHERE a.community_id = :community_id AND a.kind = 'wallet'"
    " AND b.posted > 0 AND (a.owner_id = :pool_id OR a.owner_id IN (SELECT e.person_id FROM estate e"
    "  WHERE e.community_id = a.community_id AND e.household_id = :household_id"
    "  AND e.claim_until >= :today))"
)
_CLAIMED: Final = Sql(
    "UPDATE estate SET claimed_act = :act_id WHERE community_id = :community_id"
    " AND household_id = :household_id AND claimed_act IS NULL"
)
_MOVED: Final = Sql(
    "UPDATE estate SET household_id = :other WHERE community_id = :community_id"
    " AND household_id = :household_id"
)
_LATE: Final = Sql(
    "INSERT INTO late_spending (community_id, txn_id, person_id, business_date, units, answer)"
    " SELECT x.community_id, x.txn_id, x.person_id, x.business_date, sum(t.amount), '' FROM txn x"
    " JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    " WHERE x.community_id = :community_id AND x.wallet_owner_id IN (:household_id, :person_id)"
    " AND x.person_id = :person_id AND x.business_date > :died_on AND d.kind = 'wallet'"
    " AND c.kind IN ('offset', 'redeemed', 'voucher', 'inter')"
    " GROUP BY x.community_id, x.txn_id, x.person_id, x.business_date"
)
_WAITING: Final = Sql(
    "SELECT l.txn_id, l.person_id, l.business_date, l.units, r.household_id FROM late_spending l"
    " JOIN resident r ON r.community_id = l.community_id AND r.person_id = l.person_id"
    " WHERE l.community_id = :community_id AND l.answer = '' ORDER BY l.txn_id"
)
_ANSWER: Final = Sql(
    "UPDATE late_spending SET answer = :answer, answered_by = :by_id, answered_at = :at"
    " WHERE community_id = :community_id AND txn_id = :txn_id AND answer = ''"
)


def report_death(
    tx: Tx,
    community_id: int,
    person_id: int,
    *,
    died_on: int,
    evidence: str,
    today: int,
    by: By,
    at: int,
) -> int:
    """Write down a death: the codes stop at once, points stay where they are; returns how many entries are flagged.

    With others in the household the points are theirs to use; of a last member they wait a year for heirs. What was
    spent after the day is listed for the office and stays as it is. Refuses resident_not_found, resident_left,
    death_day_wrong, heirs_evidence, own_household, own_kin.
    """
    who = residents.get_resident(tx, community_id, person_id)
    approvals.check_not_own_household(tx, community_id, by, person_id=person_id)
    if died_on > today:
        raise Refusal("death_day_wrong")
    if not evidence.strip():
        raise Refusal("heirs_evidence")
    residents.leave(tx, community_id, person_id, by=by, at=at, deceased=True)
    for card in cards.cards_of(tx, community_id, person_id):
        if card.state == "active":
            cards.set_state(tx, community_id, card.serial, "suspended", by=by, at=at)
    left = active_members(tx, community_id, who.household_id)
    tx.run(
        _KEEP,
        community_id=community_id,
        person_id=person_id,
        household_id=who.household_id,
        died_on=died_on,
        reported_on=today,
        claim_until=claim_until(died_on),
        was_last=int(not left),
    )
    store.keep_simple(
        tx,
        community_id,
        "death",
        who.household_id,
        reason="",
        person_id=person_id,
        evidence=evidence,
        happened_on=died_on,
        today=today,
        by=by,
        at=at,
    )
    keep_a_head(tx, community_id, who.household_id, by=by, at=at)
    return tx.run(
        _LATE,
        community_id=community_id,
        household_id=who.household_id,
        person_id=person_id,
        died_on=died_on,
    )


def claim_until(died_on: int) -> int:
    """The last day (yyyymmdd) on which heirs may claim."""
    died = day_from_key(died_on)
    years, month = divmod(died.month - 1 + CLAIM_MONTHS, 12)
    return day_key(day_in_month(died.year + years, month + 1, died.day))


def estates_of(tx: Tx, community_id: int, household_id: int) -> list[Row]:
    """Whoever of a household has died, with the last day for heirs."""
    return tx.all(_OF, community_id=community_id, household_id=household_id)


def check_claim(tx: Tx, community_id: int, household_id: int, evidence: str, *, today: int) -> None:
    """Whether heirs may claim today: the pool after a last member, a person's own points also where others go on.

    What came back after a first claim (an unused voucher) may be claimed like it. Refuses heirs_none (nobody died, or
    nothing but the pool of those who go on), heirs_claimed (and nothing came since), heirs_too_late, heirs_evidence.
    """
    found = estates_of(tx, community_id, household_id)
    goes_on = bool(active_members(tx, community_id, household_id))
    dead = found if goes_on else [row for row in found if row.was_last]
    if not dead:
        raise Refusal("heirs_none")
    is_claimed = all(row.claimed_act is not None for row in dead)
    is_late = today > max(int(row.claim_until) for row in dead)
    pool_id = 0 if goes_on else household_id
    waits = tx.get(
        _WAITS,
        community_id=community_id,
        household_id=household_id,
        pool_id=pool_id,
        today=0 if is_late else today,
    ).n
    if not waits and (is_claimed or goes_on):
        raise Refusal("heirs_claimed" if is_claimed else "heirs_none")
    if is_late:
        raise Refusal("heirs_too_late")
    if not evidence.strip():
        raise Refusal("heirs_evidence")


def parts(
    tx: Tx,
    community_id: int,
    kind: PointKind,
    household_id: int,
    heir_id: int,
    heir_home: int,
    *,
    today: int,
) -> list[Part]:
    """What waits: the pool's points for the heir's household, a person's own points for the heir.

    The pool of a household that goes on is not among them; nor are a person's own points once their twelve months are
    over. Refuses household_points_held. A debt dies with the household.
    """
    if not kind.of_household:
        pairs = [
            (int(row.person_id), heir_id)
            for row in estates_of(tx, community_id, household_id)
            if today <= row.claim_until
        ]
    elif active_members(tx, community_id, household_id):
        pairs = []
    else:
        pairs = [(household_id, heir_home)]
    found = []
    for from_owner, to_owner in pairs:
        wallet = wallet_of(tx, community_id, from_owner, kind.commodity)
        if wallet.held:
            raise Refusal("household_points_held")
        if wallet.available:
            found.append(
                Part(
                    commodity=kind.commodity,
                    from_owner=from_owner,
                    to_owner=to_owner,
                    units=wallet.available,
                    person_id=heir_id,
                )
            )
    return found


def moved(tx: Tx, community_id: int, household_id: int, other: int) -> None:
    """Whoever died in a household that joined another one is asked for there from now on."""
    tx.run(_MOVED, community_id=community_id, household_id=household_id, other=other)


def claimed(tx: Tx, community_id: int, household_id: int, act_id: int) -> None:
    """The heirs have what waited."""
    tx.run(_CLAIMED, community_id=community_id, household_id=household_id, act_id=act_id)


def late_spending(tx: Tx, community_id: int) -> list[Row]:
    """Entries by the code of somebody who had died, that nobody has looked at."""
    return tx.all(_WAITING, community_id=community_id)


def answer_late(tx: Tx, community_id: int, txn_id: int, answer: str, *, by: By, at: int) -> None:
    """Note what was found out about such an entry; whoever lives there does not.

    Refuses reason_missing, entry_not_found, own_household, own_kin.
    """
    if not answer.strip():
        raise Refusal("reason_missing")
    row = next((row for row in late_spending(tx, community_id) if row.txn_id == txn_id), None)
    if row is None:
        raise Refusal("entry_not_found")
    approvals.check_not_own_household(tx, community_id, by, household_id=int(row.household_id))
    tx.run(
        _ANSWER, community_id=community_id, txn_id=txn_id, answer=answer.strip(), by_id=by.id, at=at
    )
