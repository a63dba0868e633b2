"""What the clockwork ran."""

from __future__ import annotations

from ledger.schema import index, number, table, text

# One run of one step for one period; whoever works on it holds it until `lease_until` and renews that.
clockwork_run = table(
    "clockwork_run",
    text(
        "step"
    ),  # notices | expiry | night | keys | silence | month | reports (kiosk/clockwork/timetable.toml)
    number("period"),  # yyyymmdd or yyyymm
    number("due_at"),
    text("state"),  # running | done | failed
    number("tries"),
    text("worker"),
    number("lease_until"),
    number("started_at"),
    number("ended_at", null=True),
    number("next_try_at", null=True),
    text("problem"),  # a refusal's code or an error's name, '' where none
    text("answer"),  # JSON: the figures of a run that is done
    index("ix_clockwork_run_due", "due_at"),
    key=("step", "period"),
)
