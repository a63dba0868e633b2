"""What one glance at the database tells about a sale before it is decided."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.errors import GuardMissedError
from ledger.sql import Row, Sql, Tx

_TEXT: Final = (
    "SELECT c.config_version, (SELECT y.opened_at FROM recovery y WHERE y.community_id = c.community_id"
    "  AND y.recovery_id = c.recovery_id) AS recovering_since,"
    " r.kind AS r_kind, r.body_hash, r.outcome, r.code AS r_code, r.response, r.balance_after,"
    " t.state AS terminal_state,"
    " {shown},"
    " CASE WHEN :pool = 1 THEN p.household_id ELSE p.person_id END AS owner_id, p.state AS person_state,"
    " u.used_at AS token_used_at,"
    " wa.account_id AS wallet_id, wb.posted, wb.held,"
    " oa.account_id AS owed_id, ob.posted AS owed, pa.account_id AS pending_id,"
    " (SELECT coalesce(sum(left_units), 0) FROM pending q WHERE q.community_id = c.community_id"
    "  AND q.wallet_owner_id = CASE WHEN :pool = 1 THEN p.household_id ELSE p.person_id END"
    "  AND q.commodity = :commodity AND q.state = 'open') AS pending_units,"
    " e1.used AS earned_day, e2.used AS earned_month, o2.used AS offset_month, n1.used AS without_pin_day,"
    " n2.used AS spent_day, n3.used AS member_month,"
    " CASE WHEN :pool = 1 THEN (SELECT ml.units FROM member_limit ml WHERE ml.community_id = c.community_id"
    "  AND ml.person_id = p.person_id AND ml.household_id = p.household_id AND ml.from_month <= :month"
    "  ORDER BY ml.from_month DESC, ml.set_at DESC LIMIT 1) END AS member_limit,"
    " v.last_at AS last_visit_at, d.state AS day_state, cb.posted - cb.held AS cover_free,"
    " CASE WHEN s.ref IS NULL AND f.ref IS NULL AND x.ref IS NULL AND z.ref IS NULL AND g.ref IS NULL"
    "  THEN 0 ELSE 1 END AS ref_taken"
    " FROM community c"
    " LEFT JOIN request r ON r.community_id = c.community_id AND r.request_id = :request_id"
    " LEFT JOIN terminal t ON t.community_id = c.community_id AND t.terminal_id = :terminal_id"
    " {shown_from}"
    " LEFT JOIN resident p ON p.community_id = c.community_id AND p.person_id = k.person_id"
    " LEFT JOIN token_use u ON u.community_id = c.community_id AND u.kid = :kid AND u.serial = :serial"
    "  AND u.issued_at_s = :issued_at_s AND u.sequence = :sequence"
    " LEFT JOIN account wa ON wa.community_id = c.community_id AND wa.kind = 'wallet'"
    "  AND wa.commodity = :commodity AND wa.owner_id = CASE WHEN :pool = 1 THEN p.household_id ELSE p.person_id END"
    " LEFT JOIN balance wb ON wb.community_id = c.community_id AND wb.account_id = wa.account_id"
    " LEFT JOIN account oa ON oa.community_id = c.community_id AND oa.kind = 'owed'"
    "  AND oa.commodity = :commodity AND oa.owner_id = CASE WHEN :pool = 1 THEN p.household_id ELSE p.person_id END"
    " LEFT JOIN balance ob ON ob.community_id = c.community_id AND ob.account_id = oa.account_id"
    " LEFT JOIN account pa ON pa.community_id = c.community_id AND pa.kind = 'pending'"
    "  AND pa.commodity = :commodity AND pa.owner_id = CASE WHEN :pool = 1 THEN p.household_id ELSE p.person_id END"
    " LEFT JOIN cap_counter e1 ON e1.community_id = c.community_id AND e1.subject_id = p.person_id"
    "  AND e1.cap_code = :earn_day_code AND e1.period_key = :day"
    " LEFT JOIN cap_counter e2 ON e2.community_id = c.community_id AND e2.subject_id = p.person_id"
    "  AND e2.cap_code = :earn_month_code AND e2.period_key = :earn_month_key"
    " LEFT JOIN cap_counter o2 ON o2.community_id = c.community_id AND o2.subject_id = p.person_id"
    "  AND o2.cap_code = :offset_month_code AND o2.period_key = :offset_month_key"
    " LEFT JOIN cap_counter n1 ON n1.community_id = c.community_id AND n1.subject_id = p.person_id"
    "  AND n1.cap_code = :without_pin_code AND n1.period_key = :day"
    " LEFT JOIN cap_counter n2 ON n2.community_id = c.community_id AND n2.subject_id = p.person_id"
    "  AND n2.cap_code = :spent_code AND n2.period_key = :day"
    " LEFT JOIN cap_counter n3 ON n3.community_id = c.community_id AND n3.subject_id = p.person_id"
    "  AND n3.cap_code = 'pool_member' AND n3.period_key = :month"
    " LEFT JOIN visit v ON v.community_id = c.community_id AND v.person_id = p.person_id"
    "  AND v.merchant_id = :merchant_id"
    " LEFT JOIN balance cb ON cb.community_id = c.community_id AND cb.account_id = :cover_id"
    " LEFT JOIN book_day d ON d.community_id = c.community_id AND d.business_date = :day"
    " LEFT JOIN sale s ON s.community_id = c.community_id AND s.ref = :ref"
    " LEFT JOIN refund f ON f.community_id = c.community_id AND f.ref = :ref"
    " LEFT JOIN redemption x ON x.community_id = c.community_id AND x.ref = :ref"
    " LEFT JOIN voucher_end z ON z.community_id = c.community_id AND z.ref = :ref"
    " LEFT JOIN benefit_given g ON g.community_id = c.community_id AND g.ref = :ref"
    " WHERE c.community_id = :community_id"
)
_CARD: Final = Sql(
    _TEXT.replace(
        "{shown}",
        "k.issue AS card_issue, k.kind AS card_kind, k.state AS card_state, k.person_id, k.last_debit_at,"
        " cc.day_units AS carer_units, n4.used AS carer_day",
    ).replace(
        "{shown_from}",
        "LEFT JOIN card k ON k.community_id = c.community_id AND k.serial = :serial"
        " LEFT JOIN carer_card cc ON cc.community_id = k.community_id AND cc.serial = k.serial"
        " LEFT JOIN cap_counter n4 ON n4.community_id = k.community_id AND n4.subject_id = k.person_id"
        " AND n4.cap_code = 'carer_' || k.serial AND n4.period_key = :day",
    )
)
# A certificate stands in a card's place: it names a person, and is good while it has not ended.
_CERTIFICATE: Final = Sql(
    _TEXT.replace(
        "{shown}",
        "1 AS card_issue, 'certificate' AS card_kind, CASE WHEN k.person_id IS NULL THEN NULL ELSE 'active' END"
        " AS card_state, k.person_id, 0 AS last_debit_at,"
        " NULL AS carer_units, NULL AS carer_day",
    ).replace(
        "{shown_from}",
        "LEFT JOIN certificate k ON k.community_id = c.community_id AND k.serial = :serial",
    )
)


class Asked(NamedTuple):
    """What the look is about: ids and numbers of the request, the token, and the business day."""

    community_id: int
    request_id: str
    ref: str
    terminal_id: int
    merchant_id: int
    commodity: int
    kid: int
    serial: int
    issued_at_s: int
    sequence: int
    cover_id: int
    pool: int
    day: int
    earn_day_code: str
    earn_month_code: str
    earn_month_key: int
    offset_month_code: str
    offset_month_key: int
    without_pin_code: str
    spent_code: str
    month: int


def look(tx: Tx, asked: Asked, *, certificate: bool = False) -> Row:
    """One row of everything a sale depends on; LookupError for a community that does not exist.

    `certificate`: the serial is that of a certificate, not of a card.
    """
    return tx.get(_CERTIFICATE if certificate else _CARD, **asked._asdict())


class _Stored(NamedTuple):
    kind: str
    body_hash: bytes
    outcome: str
    code: str
    response: str
    balance_after: int | None


def stored_answer(row: Row, kind: str, body_hash: bytes) -> dict[str, Any] | None:
    """The answer of a request that was seen before, from one look; None for a new one.

    Raises its refusal again, and GuardMissedError where the same request begins at this moment.
    """
    if row.outcome is None:
        return None
    stored = _Stored(
        row.r_kind, row.body_hash, row.outcome, row.r_code, row.response, row.balance_after
    )
    answer = requests.answer_of(stored, kind, body_hash)
    if answer is None:
        raise GuardMissedError("request")
    return answer
