"""Refusals about households that part, join, give and inherit, and about a member's limit."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "member_limit": Known(
        409,
        mark(
            "The head of the household lets this member use {left_units} more points this month;"
            " {asked_units} were asked for. Use fewer, or pay in yuan."
        ),
    ),
    "limit_wrong": Known(
        422,
        mark("This is no limit. Give a number of points for a month, or none."),
    ),
    "household_act_unknown": Known(
        422,
        mark("Nothing called {act} happens to a household. Choose one from the list."),
    ),
    "household_rule_unknown": Known(
        422,
        mark("Choose how the points are divided; a number agreed on must be given."),
    ),
    "household_same": Known(
        422,
        mark("This is the same household. Give the code of the other one."),
    ),
    "household_nobody_goes": Known(
        422,
        mark("Nobody was chosen who is a member today. Choose at least one member and try again."),
    ),
    "household_not_member": Known(
        409,
        mark("Somebody named does not belong to this household any more. Load the page again."),
    ),
    "household_nobody_stays": Known(
        422,
        mark("Everybody would leave. Note the household's new home, or let it join the other one."),
    ),
    "household_not_head": Known(
        403,
        mark("The head of the household sets limits. Ask them, or the community office."),
    ),
    "household_no_pool": Known(
        409,
        mark("Points are kept for each person here; there is no household card. Print a passbook."),
    ),
    "household_points_gone": Known(
        409,
        mark("Fewer points are free than would be moved. Propose it again on today's figures."),
    ),
    "household_points_held": Known(
        409,
        mark(
            "Points are set aside for a purchase that is not finished. Try again when it has ended."
        ),
    ),
    "household_owes": Known(
        409,
        mark("This household has points to make up first. It can give none away."),
    ),
    "gift_units": Known(
        422,
        mark("The form does not say how many points are given. Fill in a number above zero."),
    ),
    "household_waits": Known(
        409,
        mark(
            "The last member of this household died and its points wait for heirs. Nobody moves in; give the newcomers"
            " a household code of their own."
        ),
    ),
    "heirs_none": Known(
        409,
        mark(
            "No points wait for this heir: nobody of the household has died, those who are left use its pool, or the"
            " heir is no active member of the household named."
        ),
    ),
    "heirs_claimed": Known(
        409,
        mark("The heirs have claimed these points already. Nothing more is to be done."),
    ),
    "heirs_too_late": Known(
        409,
        mark("The twelve months for heirs are over. The points lapse on their dates."),
    ),
    "heirs_evidence": Known(
        422,
        mark("Name the paper that was shown: what it is and its number."),
    ),
    "death_day_wrong": Known(
        422,
        mark("This day has not come yet. Give the day of the death."),
    ),
}
