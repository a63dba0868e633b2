"""What an export holds of the states days and months came to."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

LIVES: Final = (
    shape(
        "life_step",
        "Every state a day, a month's close or one shop's month came to, and where it failed.",
        key=("subject", "claimant_id", "period", "step_no"),
        columns="""
            subject text day, close (a month of the whole book) or month (one shop's)
            claimant_id number the shop; 0: the whole community
            period number yyyymmdd or yyyymm
            step_no number the step, from 1
            state text where it came to; failed
            failed_step text the step that failed, empty otherwise
            reason text a refusal's code, an error's or a check's name; what is carried on
            row_key text the row it is about
            by_kind text staff, merchant or job
            by_id number who; 0: the system
            at number when
        """,
    ),
)
"""Trails of days and months."""
