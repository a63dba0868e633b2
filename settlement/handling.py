"""How each verdict is worked on: how grave it is, who sees to it first, by when, and who is told once it is not.

One row a code; `settlement.ageing` is the rule that reads it: an owner within one day, an answer within three working
days, told on at seven days, before the committee at fifteen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from settlement.verdicts import RULES, Code, Hold
from settlement.words import mark

ANSWER_DAYS: Final = 3
"""Working days somebody has to answer before a discrepancy is overdue, where its row says nothing else."""
OWNER_DAYS: Final = 1
"""Days after which one that nobody looks after is told."""
ESCALATE_DAYS: Final = 7
SOON_DAYS: Final = 1
"""The same for what stands wrong at somebody's until it is seen to."""
COMMITTEE_DAYS: Final = 15
POOL_DAYS: Final = 3
"""Working days a claim that is not in the book waits for a till that may still send its sales."""
POOLED: Final = frozenset({Code.X1, Code.X5, Code.S2, Code.S3})
"""Claims that wait in the pool before anybody is asked: a till may still send what explains them."""
WAIT_DAYS: Final = {Code.S2: 1, Code.S3: 1}
"""Working days in the pool, where they are not POOL_DAYS: a till sends a sale it holds, or a refund, within a day."""
CLAIMABLE_DAYS: Final = 60
"""Days in which a shop may still claim what is booked and not claimed."""


class Severity(StrEnum):
    """How much stands still because of a discrepancy, the gravest first."""

    DAY = "day"
    PARTY = "party"
    FILE = "file"
    ROW = "row"
    DIFFERENCE = "difference"
    NOTHING = "nothing"


SEVERITY_NAMES: Final[dict[Severity, str]] = {
    Severity.DAY: mark("Holds the whole day"),
    Severity.PARTY: mark("Holds payments"),
    Severity.FILE: mark("Holds a file"),
    Severity.ROW: mark("Holds this line"),
    Severity.DIFFERENCE: mark("Holds the difference alone"),
    Severity.NOTHING: mark("Holds nothing"),
}

_SEVERITY_OF: Final = {
    Hold.DAY: Severity.DAY,
    Hold.PARTY: Severity.PARTY,
    Hold.PAYOUT: Severity.PARTY,
    Hold.FILE: Severity.FILE,
    Hold.ROW: Severity.ROW,
    Hold.SECOND: Severity.ROW,
    Hold.DIFFERENCE: Severity.DIFFERENCE,
    Hold.NOTHING: Severity.NOTHING,
}


class Handling(NamedTuple):
    """Who sees to a verdict first (a staff role), in how many working days an answer is due, when it is told on."""

    owner_role: str
    answer_days: int = ANSWER_DAYS
    escalate_days: int = ESCALATE_DAYS
    """Days after which it is told on to the secretary: ESCALATE_DAYS or SOON_DAYS."""


_ACCOUNTANT: Final = Handling("accountant")
_TODAY: Final = Handling("secretary", 0)

HANDLING: Final[dict[Code, Handling]] = {
    **dict.fromkeys(Code, _ACCOUNTANT),
    # What stands still for everybody is seen to the same day.
    Code.C2: _TODAY,
    Code.C3: _TODAY,
    Code.P4: _TODAY,
    Code.P1: Handling("accountant", 1),
    Code.C1: Handling("accountant", 1),
    # Points or yuan stand wrong at somebody's until it is seen to: told on after a day.
    Code.S2: Handling("accountant", 1, SOON_DAYS),
    Code.S3: Handling("accountant", 1, SOON_DAYS),
    # Somebody may be cheating or be wrongly suspected of it: not the accountant alone.
    Code.A1: Handling("secretary"),
    Code.A3: Handling("secretary"),
    Code.A6: Handling("secretary", 5),
    Code.R5: Handling("secretary"),
    # A resident's own account: the desk that knows them.
    Code.T2: Handling("grid_worker"),
    Code.C4: Handling("accountant", 5),
}
"""Every code has its row: a verdict nobody sees to would lie."""


def severity_of(code: Code) -> Severity:
    """How grave a verdict is: what it holds decides."""
    return _SEVERITY_OF[RULES[code].hold]
