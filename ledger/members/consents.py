"""Consent by version: what residents agree to when they take part, and who agreed to which version of it."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.sql import Sql, Tx

LONGEST: Final = 4_000
"""Characters of a text: two printed pages, so that it is read."""

_NEWEST: Final = Sql(
    "SELECT version_no, body, from_at FROM consent_text WHERE community_id = :community_id"
    " ORDER BY version_no DESC LIMIT 1"
)
_ALL: Final = Sql(
    "SELECT t.version_no, t.body, t.from_at, (SELECT count(*) FROM resident_consent c"
    "  JOIN resident r ON r.community_id = c.community_id AND r.person_id = c.person_id"
    "  WHERE c.community_id = t.community_id AND c.version_no = t.version_no AND r.state = 'active'"
    "  AND NOT EXISTS (SELECT 1 FROM resident_consent d WHERE d.community_id = c.community_id"
    "   AND d.person_id = c.person_id AND d.version_no > c.version_no)) AS people"
    " FROM consent_text t WHERE t.community_id = :community_id ORDER BY t.version_no DESC"
)
_PUBLISH: Final = Sql(
    "INSERT INTO consent_text (community_id, version_no, body, from_at, set_by)"
    " VALUES (:community_id, :version_no, :body, :at, :set_by)"
)
_KEEP: Final = Sql(
    "INSERT INTO resident_consent (community_id, person_id, version_no, given_at, how, by_id)"
    " VALUES (:community_id, :person_id, :version_no, :given_at, :how, :by_id)"
    " ON CONFLICT (community_id, person_id, version_no) DO NOTHING"
)
_OF: Final = Sql(
    "SELECT version_no, given_at, how FROM resident_consent WHERE community_id = :community_id"
    " AND person_id = :person_id ORDER BY version_no DESC LIMIT 1"
)
_BEHIND: Final = Sql(
    "SELECT count(*) AS n FROM resident r WHERE r.community_id = :community_id AND r.state = 'active'"
    " AND r.consent_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM resident_consent c"
    "  WHERE c.community_id = r.community_id AND c.person_id = r.person_id"
    "  AND c.version_no = :version_no)"
)


class ConsentText(NamedTuple):
    """One version of what people agree to; 0 and '' before the community wrote any down."""

    version_no: int
    body: str
    from_at: int


class Given(NamedTuple):
    """The latest version somebody agreed to, when, and how: desk, import or page."""

    version_no: int
    given_at: int
    how: str


NONE: Final = ConsentText(0, "", 0)


def current(tx: Tx, community_id: int) -> ConsentText:
    """What people agree to now."""
    row = tx.find(_NEWEST, community_id=community_id)
    return NONE if row is None else ConsentText(int(row.version_no), row.body, int(row.from_at))


def versions(tx: Tx, community_id: int) -> list[tuple[ConsentText, int]]:
    """Every version, the newest first, each with how many of those who take part agreed to it last."""
    rows = tx.all(_ALL, community_id=community_id)
    return [(ConsentText(int(row[0]), row.body, int(row.from_at)), int(row.people)) for row in rows]


def publish(tx: Tx, community_id: int, body: str, *, by: By, at: int) -> int:
    """Write down a new version; what people agreed to before stays theirs until they are asked. Returns its number.

    Refuses consent_text (empty, or longer than two pages), consent_same.
    """
    told = body.strip()
    if not 0 < len(told) <= LONGEST:
        raise Refusal("consent_text", most=LONGEST)
    known = current(tx, community_id)
    if known.body == told:
        raise Refusal("consent_same")
    number = known.version_no + 1
    tx.run(
        _PUBLISH,
        community_id=community_id,
        version_no=number,
        body=told,
        set_by=by.id,
        at=at,
    )
    after: audit.Facts = {"version_no": number}
    audit.record(tx, community_id, by, "consent.text", "consent", at=at, after=after)
    return number


def keep(tx: Tx, community_id: int, person_id: int, *, how: str, by: By, given_at: int) -> int:
    """Keep that somebody agreed to the version of now; returns its number."""
    number = current(tx, community_id).version_no
    tx.run(
        _KEEP,
        community_id=community_id,
        person_id=person_id,
        version_no=number,
        given_at=given_at,
        how=how,
        by_id=by.id,
    )
    return number


def given_by(tx: Tx, community_id: int, person_id: int) -> Given | None:
    """What somebody agreed to last."""
    row = tx.find(_OF, community_id=community_id, person_id=person_id)
    return None if row is None else Given(int(row.version_no), int(row.given_at), row.how)


def must_agree(tx: Tx, community_id: int, person_id: int) -> bool:
    """Whether there is a version that somebody has not been asked about."""
    now, given = current(tx, community_id).version_no, given_by(tx, community_id, person_id)
    return now > 0 and (given is None or given.version_no != now)


def behind(tx: Tx, community_id: int) -> int:
    """How many of those who take part agreed to an older version and are still to be asked."""
    number = current(tx, community_id).version_no
    return int(tx.get(_BEHIND, community_id=community_id, version_no=number).n)
