"""Refusals of services for points: vouchers, the calendar, orders, benefits."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "voucher_number_wrong": Known(
        422, mark("This is no voucher number. Type all eleven digits again, or scan the code.")
    ),
    "voucher_not_found": Known(
        404, mark("There is no such voucher here. Check the number, or call the community office.")
    ),
    "voucher_used": Known(
        409,
        mark("This voucher was used already, on {used_day}. It cannot be used a second time."),
    ),
    "voucher_expired": Known(
        409,
        mark("This voucher's last day was {last_day}. The resident may ask at the office."),
    ),
    "voucher_other_provider": Known(
        409,
        mark("This voucher is for another provider. Send the resident to the place printed on it."),
    ),
    "voucher_has_till": Known(
        409,
        mark("This provider has a till. Redeem the voucher there, so that its daybook claims it."),
    ),
    "voucher_returned": Known(
        409,
        mark(
            "This voucher was given back on {returned_day} and its points returned. The resident may buy another one."
        ),
    ),
    "voucher_not_returnable": Known(
        409,
        mark("A voucher for this service cannot be given back. It stays good until its last day."),
    ),
    "voucher_booked": Known(
        409, mark("This voucher has an appointment already. Cancel that one first.")
    ),
    "voucher_not_booked": Known(
        409,
        mark("This service is given with an appointment only. Let the resident book a time first."),
    ),
    "voucher_fund_empty": Known(
        409,
        mark(
            "The community's fund cannot stand behind this voucher now; no points were taken. Ask at the office."
        ),
    ),
    "service_not_found": Known(
        404, mark("This service is not on the list any more. Load the list again.")
    ),
    "service_off": Known(
        409, mark("{service} is not being sold at present. Vouchers bought before stay good.")
    ),
    "service_code_taken": Known(409, mark("The service code {taken} is in use. Choose another.")),
    "service_terms": Known(
        422,
        mark("The terms of the service do not fit at {field}. Correct it and save again."),
    ),
    "service_terms_late": Known(
        409,
        mark("Terms cannot change from {from_day} on. Choose a day from tomorrow on."),
    ),
    "merchant_not_serving": Known(
        403,
        mark(
            "This shop has no agreement in force today, so it takes no vouchers. Call the office."
        ),
    ),
    "slot_terms": Known(
        422,
        mark(
            "The times do not fit: in the future, 1 to {most} people each, at most {most_at_once} times at once."
        ),
    ),
    "slot_not_found": Known(404, mark("This time is not on offer any more. Choose another.")),
    "slot_past": Known(409, mark("This time has begun or passed. Choose a later one.")),
    "slot_full": Known(409, mark("This time is fully booked. Choose another.")),
    "slot_after_voucher": Known(
        409, mark("This time lies after the voucher's last day, {last_day}. Choose an earlier one.")
    ),
    "order_not_found": Known(404, mark("There is no such order here. Load the list again.")),
    "order_moved_on": Known(
        409, mark("This order has moved on meanwhile. Load the list and look again.")
    ),
    "order_too_early": Known(
        409, mark("The time agreed has not come yet. Wait before writing that nobody came.")
    ),
    "order_confirmed": Known(409, mark("This was confirmed before. Nothing more is needed.")),
    "booking_too_late": Known(
        409,
        mark(
            "An appointment can be given up until {hours} hours before it. Call the provider instead."
        ),
    ),
    "rating_bad": Known(422, mark("This is no rating. Choose one to five stars.")),
    "benefit_not_found": Known(
        404, mark("This shop gives no such benefit today. Load the list again.")
    ),
    "benefit_not_eligible": Known(
        409, mark("The balance does not reach what this benefit asks for. Sell at the usual price.")
    ),
}
"""Code to status and sentence."""
