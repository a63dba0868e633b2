"""A person who takes part no longer is forgotten: everything that names them goes, the book keeps its numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members import approvals, residents
from ledger.seal.erasure import erase_act
from ledger.sql import Sql, Tx

_WAITS: Final = Sql(
    "SELECT count(*) AS n FROM estate WHERE community_id = :community_id AND person_id = :person_id"
    " AND claimed_act IS NULL AND claim_until >= :today"
)
_OWN: Final = " WHERE community_id = :community_id AND person_id = :person_id"
_GONE: Final = (
    Sql(f"DELETE FROM pin{_OWN}"),
    Sql(
        "DELETE FROM session WHERE community_id = :community_id AND actor_kind = 'resident'"
        " AND actor_id = :person_id"
    ),
    # Who collected for them, and for whom they did: the places on a list, and the names.
    Sql(
        "DELETE FROM proxy WHERE community_id = :community_id AND (person_id = :person_id"
        " OR EXISTS (SELECT 1 FROM proxy_mandate m WHERE m.community_id = proxy.community_id"
        "  AND m.person_id = proxy.person_id AND m.slot = proxy.slot"
        "  AND m.acts_person_id = :person_id))"
    ),
    Sql(
        "DELETE FROM proxy_mandate WHERE community_id = :community_id"
        " AND (person_id = :person_id OR acts_person_id = :person_id)"
    ),
    Sql(f"DELETE FROM proxy_ended{_OWN}"),
    Sql(
        "UPDATE redemption_proxy SET name = '' WHERE community_id = :community_id"
        " AND redemption_id IN (SELECT r.redemption_id FROM redemption r"
        "  WHERE r.community_id = :community_id AND r.person_id = :person_id)"
    ),
    # What somebody typed about them, and the papers they showed.
    Sql(f"UPDATE household_act SET reason = '', evidence = ''{_OWN}"),
    Sql(f"UPDATE award SET reason = ''{_OWN}"),
    # What they said somebody else had bought, and what was answered.
    Sql(
        "UPDATE misuse_end SET why = '' WHERE community_id = :community_id AND txn_id IN"
        " (SELECT e.txn_id FROM misuse_entry e JOIN misuse_form f ON f.community_id = e.community_id"
        "  AND f.form_id = e.form_id WHERE f.community_id = :community_id AND f.person_id = :person_id)"
    ),
    Sql(f"UPDATE misuse_form SET told = ''{_OWN}"),
    Sql(f"UPDATE wrong_household SET told = ''{_OWN}"),
    Sql(f"DELETE FROM pin_shown{_OWN}"),
)
_ASKED: Final = Sql(
    "SELECT p.approval_id, p.body FROM approval p WHERE p.community_id = :community_id"
    " AND (p.body LIKE :inside OR p.body LIKE :last OR p.body LIKE :other OR EXISTS (SELECT 1 FROM household_act a"
    "  WHERE a.community_id = p.community_id AND a.approval_id = p.approval_id AND a.person_id = :person_id))"
)
_TYPED_ACTS: Final = Sql(
    "SELECT audit_id FROM audit WHERE community_id = :community_id AND subject = :subject AND commitment IS NULL"
    " AND (before LIKE '%\"why\":%' OR after LIKE '%\"why\":%' OR before LIKE '%\"reason\":%'"
    "  OR after LIKE '%\"reason\":%')"
)
_TYPED: Final = ("reason", "evidence", "why", "told")
"""What people type into a proposal."""
_REWORD: Final = Sql(
    "UPDATE approval SET body = :body WHERE community_id = :community_id"
    " AND approval_id = :approval_id"
)


def forget_person(
    tx: Tx, community_id: int, person_id: int, *, why: str, today: int, by: By, at: int
) -> None:
    """Delete name, phone, PIN, sign-ins, mandates and typed words of somebody who takes part no longer.

    Postings, cards' numbers and the record of acts stay: they know the person by number. It cannot be undone.
    Refuses why_missing, resident_not_found, person_active, person_forgotten, person_estate (heirs may still claim),
    own_household, own_kin.
    """
    if not why.strip():
        raise Refusal("why_missing")
    who = residents.get_resident(tx, community_id, person_id)
    approvals.check_not_own_household(tx, community_id, by, person_id=person_id)
    if who.state == "active":
        raise Refusal("person_active")
    if residents.identity_of(tx, community_id, person_id) == residents.NOBODY:
        raise Refusal("person_forgotten")
    if tx.get(_WAITS, community_id=community_id, person_id=person_id, today=today).n:
        raise Refusal("person_estate")
    residents.forget(tx, community_id, person_id, by=by, at=at)
    _reword_proposals(tx, community_id, person_id)
    for row in tx.all(_TYPED_ACTS, community_id=community_id, subject=f"person:{person_id}"):
        erase_act(tx, community_id, int(row.audit_id))
    for sql in _GONE:
        tx.run(sql, community_id=community_id, person_id=person_id)
    after: audit.Facts = {"why": why.strip()}
    audit.record(tx, community_id, by, "person.forget", f"person:{person_id}", at=at, after=after)


def _reword_proposals(tx: Tx, community_id: int, person_id: int) -> None:
    """Every proposal about them keeps its numbers and loses its words."""
    about = {
        "inside": f'%"person_id":{person_id},%',
        "last": f'%"person_id":{person_id}}}%',
        "other": f'%"to_person":{person_id},%',
    }
    for row in tx.all(_ASKED, community_id=community_id, person_id=person_id, **about):
        body = json.loads(row.body)
        told = json.dumps(
            {**body, **{name: "" for name in _TYPED if name in body}},
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        tx.run(_REWORD, community_id=community_id, approval_id=int(row.approval_id), body=told)


ERASED: Final = frozenset(
    {
        "person_identity",
        "pin",
        "pin_shown",
        "session",
        "proxy",
        "proxy_mandate",
        "proxy_ended",
        "redemption_proxy",
        "household_act",
        "award",
        "approval",
        "audit",
        "misuse_form",
        "misuse_end",
        "wrong_household",
    }
)
"""Tables out of which forgetting takes what names or describes a person."""

_NUMBER: Final = "knows the person by number alone; the book would not add up without it"
_LIMIT: Final = "how much was used of a limit, by number"
KEPT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account": _NUMBER,
        "benefit_given": _NUMBER,
        "cap_counter": _LIMIT,
        "card": "a number on a dead card, without which its old print could not be refused",
        "certificate": _NUMBER,
        "counter_notice": "what was told, in numbers and without names (`pos.notices`)",
        "discrepancy": "about a shop's claim; `owner_id` is who of the office sees to it",
        "estate": "that heirs had a year to claim, by number",
        "fee_bill": "a household's bill, by number",
        "fee_offset": _NUMBER,
        "good": "limits of a good, not a person's",
        "goods_order": _NUMBER,
        "household": "which number was head, without a name",
        "household_end": _NUMBER,
        "household_line": _NUMBER,
        "kin": "whose relatives decide nothing, by number; the other one still takes part",
        "lapse": _NUMBER,
        "lapse_notice": "that a notice was given before points lapsed, by number",
        "late_spending": _NUMBER,
        "life_step": "the states of a day or a month (`subject` says which of them); about no person",
        "member_limit": _LIMIT,
        "misuse_entry": _NUMBER,
        "offline_sale": _NUMBER,
        "passbook_line": _NUMBER,
        "pending": _NUMBER,
        "rebooked": _NUMBER,
        "redemption": _NUMBER,
        "resident": "that somebody with this number took part until when",
        "resident_consent": "that they had agreed, and to what: the proof outlives them",
        "sale": _NUMBER,
        "service_order": _NUMBER,
        "staff": "a sign-in of their own, ended in the office",
        "stock_hold": "pieces set aside, by number",
        "txn": _NUMBER,
        "visit": _LIMIT,
        "vote": "about a matter of the committee",
        "voucher": _NUMBER,
        "watch_flag": "a pattern among receipts, by number; its answer is about those receipts",
    }
)
"""Tables with a person's or a household's number that stay as they are, each with its reason."""
