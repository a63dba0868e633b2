"""How a card stood at a moment, by the acts on it: a till cannot know what happened after its last sync."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from ledger import audit
from ledger.sql import Tx


class Standing(NamedTuple):
    """From `at` on (microseconds UTC) the card stood so; only its newest `issue` is good, and only while `active`."""

    at: int
    state: str
    issue: int

    def is_good(self, issue: int | None) -> bool:
        """Whether a printed card of that issue was good; None: any code that hangs on the card."""
        return self.state == "active" and issue in {None, self.issue}


def read_life(acts: Iterable[tuple[int, str, str]]) -> list[Standing]:
    """A card's life out of the acts on it: (when, what was before, what after, as JSON or ''), oldest first."""
    life: list[Standing] = []
    state, issue = "unassigned", 1
    for at, before, after in acts:
        was, changed = (json.loads(text) if text else {} for text in (before, after))
        if not life:
            state, issue = was.get("state", state), int(was.get("issue", issue))
            life.append(Standing(0, state, issue))
        state = "active" if "person_id" in changed else changed.get("state", state)
        issue = int(changed.get("issue", issue))
        if (state, issue) != life[-1][1:]:
            life.append(Standing(at, state, issue))
    return life


def dead_since(life: Iterable[Standing], issue: int | None, *, told_at: int) -> int | None:
    """When a card of that issue died, where it was good at `told_at`; None where it was not good then, or still is.

    `issue` None: a code of a phone, which outlives the printed card's issue.

    Somebody who was told at `told_at` how all cards stood could not know of what came after.
    """
    was_good = False
    for standing in life:
        good = standing.is_good(issue)
        if standing.at <= told_at:
            was_good = good
        elif was_good and not good:
            return standing.at
    return None


def life_of(tx: Tx, community_id: int, serial: int) -> list[Standing]:
    """A card's life as it is on record."""
    acts = audit.acts_on(tx, community_id, f"card:{serial}")
    return read_life((int(act.at), act.before, act.after) for act in acts)
