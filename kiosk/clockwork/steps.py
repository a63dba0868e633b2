"""What each step of the timetable does. Every one may be done again: what is done stays, and is answered the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from kiosk.clockwork.night import close_day
from kiosk.opened import Opened
from kiosk.report_files import write_due_reports
from ledger.errors import Refusal
from ledger.expiry.notices import give_notices
from ledger.expiry.run import run_expiry
from ledger.members.keys import renew_keys
from settlement.closing import run_month
from settlement.silence import let_days_count

Work = Callable[[Opened, int, int, int], dict[str, Any]]
"""Does a step for a community and a period at a time (microseconds UTC); gives the figures that are kept."""


class StillOpenError(Exception):
    """A night that ended without locking its day; `state` says where it stands. The office knows what to do."""

    def __init__(self, state: str) -> None:
        """Keep the night's state."""
        super().__init__(state)
        self.state = state


def _notices(server: Opened, community_id: int, _period: int, at: int) -> dict[str, Any]:
    given = give_notices(server.db, community_id, at=at)
    return {
        "wallets": sum(run.wallets for run in given.runs),
        "slips": sum(run.slips for run in given.runs),
    }


def _expiry(server: Opened, community_id: int, _period: int, at: int) -> dict[str, Any]:
    done = run_expiry(server.db, community_id, at=at)
    return {"wallets": sum(done.wallets.values()), "passed_over": sum(done.skipped.values())}


def _night(server: Opened, community_id: int, period: int, at: int) -> dict[str, Any]:
    _, result, _ = close_day(server, community_id, period, at=at)
    if result.state != "locked":
        raise StillOpenError(result.state)
    return {
        "shops": len(result.totals),
        "settled_fen": result.settled_fen,
        "digest": result.digest,
    }


def _keys(server: Opened, community_id: int, _period: int, at: int) -> dict[str, Any]:
    made = server.db.write(lambda tx: renew_keys(tx, server.vault, community_id, at=at, by=0))
    return {"made": len(made)}


def _silence(server: Opened, community_id: int, _period: int, at: int) -> dict[str, Any]:
    silence = let_days_count(server.db, community_id, at=at)
    if silence.is_waiting:
        # Not done: tried again until the night is locked, however often the days in between come and go.
        raise Refusal("night_unfinished", business_date=None)
    return {"accepted": silence.accepted, "objections_moved_on": silence.lines}


def _month(server: Opened, community_id: int, period: int, at: int) -> dict[str, Any]:
    result = run_month(server.db, community_id, period, at=at)
    server.publish(community_id, at=at)
    return {
        "statements": len(result.statements),
        "payable_fen": sum(statement.payable_fen for statement in result.statements),
        "trial_balance": result.closed.trial_balance_hash,
    }


def _reports(server: Opened, community_id: int, period: int, at: int) -> dict[str, Any]:
    return {"files": write_due_reports(server, community_id, period, at=at)}


WORK: Final[Mapping[str, Work]] = MappingProxyType(
    {
        "notices": _notices,
        "expiry": _expiry,
        "night": _night,
        "keys": _keys,
        "silence": _silence,
        "month": _month,
        "reports": _reports,
    }
)
"""By the step's name in the timetable."""
