"""What the committee voted: entered by one, confirmed by another, sealed as an act, and good for one use.

Without such a vote no rule is adopted that breaks the coverage limit, and the limit itself is not loosened.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.earning.calendar import business_date, day_from_key, day_key
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members import approvals, files
from ledger.members.communities import get_community
from ledger.sql import Row, Sql, Tx

APPROVAL: Final = "vote"
"""The kind of proposal under which a vote waits for its second person."""
MOST_MEMBERS: Final = 1_000

_COLUMNS: Final = (
    "vote_id, subject, digest, held_on, members, present, ayes, noes, abstentions, minutes_sha256,"
    " passed, proposed_by, approved_by, recorded_at, used_at"
)
_KEEP: Final = Sql(
    f"INSERT INTO vote (community_id, {_COLUMNS}) VALUES (:community_id, :vote_id, :subject, :digest,"
    " :held_on, :members, :present, :ayes, :noes, :abstentions, :minutes_sha256, :passed,"
    " :proposed_by, :approved_by, :at, NULL)"
)
_UNUSED: Final = Sql(
    f"SELECT {_COLUMNS} FROM vote WHERE community_id = :community_id AND subject = :subject"
    " AND digest = :digest AND passed = 1 AND used_at IS NULL ORDER BY vote_id LIMIT 1"
)
_ALL: Final = Sql(
    f"SELECT {_COLUMNS} FROM vote WHERE community_id = :community_id ORDER BY vote_id DESC LIMIT :most"
)
_USE: Final = Sql(
    "UPDATE vote SET used_at = :at WHERE community_id = :community_id AND vote_id = :vote_id"
    " AND used_at IS NULL"
)


class Ballot(NamedTuple):
    """A vote as it was held: of how many members how many came, and how they voted; the minutes by their SHA-256.

    `subject` says on what (`scheme:changan/2026.2`), `digest` names the very text where there is one.
    """

    subject: str
    digest: str
    held_on: int
    members: int
    present: int
    ayes: int
    noes: int
    abstentions: int
    minutes_sha256: str

    @property
    def passed(self) -> bool:
        """More than half of the members came, and more than half of those who came agreed."""
        return self.present * 2 > self.members and self.ayes * 2 > self.present


class Vote(NamedTuple):
    """A recorded vote, by whom it was entered and confirmed, and when it was used."""

    vote_id: int
    ballot: Ballot
    passed: bool
    proposed_by: int
    approved_by: int
    recorded_at: int
    used_at: int | None


def propose(tx: Tx, community_id: int, ballot: Ballot, *, by: By, at: int) -> int:
    """Enter a vote; a second person confirms it from the minutes. Returns the proposal's number.

    Refusals: vote_counts, vote_day, vote_minutes (no such file was kept).
    """
    _check(tx, community_id, ballot, at=at)
    return approvals.propose(
        tx, community_id, APPROVAL, ballot.subject, ballot._asdict(), by=by, at=at
    )


def approve(tx: Tx, community_id: int, approval_id: int, *, by: By, at: int) -> Vote:
    """Confirm what somebody else entered; from here on the vote stands.

    Refusals: approval_not_found, approval_decided, approval_same_person.
    """
    agreed = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    ballot = Ballot(**agreed.body)
    vote_id = new_id(at)
    tx.run(
        _KEEP,
        community_id=community_id,
        vote_id=vote_id,
        **ballot._asdict(),
        passed=int(ballot.passed),
        proposed_by=agreed.proposed_by,
        approved_by=by.id,
        at=at,
    )
    facts: audit.Facts = {**ballot._asdict(), "passed": ballot.passed}
    audit.record(tx, community_id, by, "vote.record", f"vote:{vote_id}", at=at, after=facts)
    return Vote(vote_id, ballot, ballot.passed, agreed.proposed_by, by.id, at, None)


def find_passed(tx: Tx, community_id: int, subject: str, digest: str) -> Vote | None:
    """A vote that was carried on this very thing and was not used yet."""
    row = tx.find(_UNUSED, community_id=community_id, subject=subject, digest=digest)
    return None if row is None else _vote(row)


def use(tx: Tx, community_id: int, subject: str, digest: str, *, at: int) -> Vote:
    """Take the vote that allows something; it allows it once.

    Refusals: vote_missing.
    """
    found = find_passed(tx, community_id, subject, digest)
    if found is None:
        raise Refusal("vote_missing", subject=subject)
    if tx.run(_USE, community_id=community_id, vote_id=found.vote_id, at=at) != 1:
        raise GuardMissedError("vote")
    return found._replace(used_at=at)


def latest(tx: Tx, community_id: int, *, most: int = 20) -> list[Vote]:
    """The latest votes, newest first."""
    return [_vote(row) for row in tx.all(_ALL, community_id=community_id, most=most)]


def _check(tx: Tx, community_id: int, ballot: Ballot, *, at: int) -> None:
    counts = (ballot.ayes, ballot.noes, ballot.abstentions)
    if min(counts) < 0 or sum(counts) != ballot.present:
        raise Refusal("vote_counts")
    if not 0 < ballot.present <= ballot.members <= MOST_MEMBERS:
        raise Refusal("vote_counts")
    today = day_key(business_date(at, get_community(tx, community_id).timezone))
    try:
        day_from_key(ballot.held_on)
    except ValueError:
        raise Refusal("vote_day") from None
    if ballot.held_on > today:
        raise Refusal("vote_day")
    try:
        files.get_file(tx, community_id, ballot.minutes_sha256)
    except Refusal:
        raise Refusal("vote_minutes") from None


def _vote(row: Row) -> Vote:
    ballot = Ballot(*(getattr(row, name) for name in Ballot._fields))
    return Vote(
        int(row.vote_id),
        ballot,
        bool(row.passed),
        int(row.proposed_by),
        int(row.approved_by),
        int(row.recorded_at),
        None if row.used_at is None else int(row.used_at),
    )
