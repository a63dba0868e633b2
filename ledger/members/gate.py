"""The solvency gate: what a new version of the rules does to coverage, and whether it may pass."""

from __future__ import annotations

from typing import NamedTuple

from ledger.earning.scheme import Scheme
from ledger.errors import Refusal
from ledger.members import votes
from ledger.members.settings import current
from ledger.members.solvency import WHOLE, Coverage, coverage, outstanding
from ledger.members.votes import Vote
from ledger.sql import Tx


class Gate(NamedTuple):
    """Coverage under the rules in force and under the new ones, and the committee's vote where there is one."""

    before: Coverage
    after: Coverage
    vote: Vote | None

    @property
    def breaks(self) -> bool:
        """Whether the new rules leave less covered than the limit, and less than before."""
        if not self.after.is_low or self.after.permille is None:
            return False
        return self.before.permille is None or self.after.permille < self.before.permille


def subject_of(scheme: Scheme) -> str:
    """What a vote on a version of a scheme is about: `scheme:changan/2026.2`."""
    return f"scheme:{scheme.id}/{scheme.version}"


def look(tx: Tx, community_id: int, before: Scheme, after: Scheme) -> Gate:
    """What adopting `after` where `before` is in force would do, as things stand."""
    stands, choices = outstanding(tx, community_id), current(tx, community_id)
    return Gate(
        coverage(stands, before, choices),
        coverage(stands, after, choices),
        votes.find_passed(tx, community_id, subject_of(after), after.digest),
    )


def pass_through(tx: Tx, community_id: int, before: Scheme, after: Scheme, *, at: int) -> Gate:
    """Let a new version pass where coverage stays, or with the committee's vote, which is used up by it.

    Refusals: coverage_too_low.
    """
    gate = look(tx, community_id, before, after)
    if not gate.breaks:
        return gate._replace(vote=None)
    if gate.vote is None:
        raise Refusal(
            "coverage_too_low",
            before_percent=percent_text(gate.before),
            after_percent=percent_text(gate.after),
            limit_percent=gate.after.limit_permille * 100 // WHOLE,
        )
    return gate._replace(vote=votes.use(tx, community_id, subject_of(after), after.digest, at=at))


def percent_text(found: Coverage) -> str:
    """`83.3`, rounded down; `-` where nothing is outstanding."""
    if found.permille is None:
        return "-"
    return f"{found.permille // 10}.{found.permille % 10}"
