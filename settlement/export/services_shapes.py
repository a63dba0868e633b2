"""What an export holds of services for points: vouchers and their ends, the calendar, orders, benefits given."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

SERVICES: Final = (
    shape(
        "service",
        "Services that can be had for points.",
        key=("service_id",),
        columns="""
            service_id number the service's number
            code text its code
            provider_id number the merchant who gives it; 0: the community itself
            commodity number which kind of points
            price_units number what a voucher costs
            contract_fen number what the provider is paid for one; 0: the community's own
            valid_days number how many days a voucher lasts, the day of purchase included
            cancel_hours number an appointment may be given up until so many hours before it
            needs_booking number 1: only with an appointment
            returnable number 1: an unused voucher may be given back
            unused text back or lapse: what becomes of the points after the last day
            state text on or off
            changed_at number since when
        """,
        left_out="name needed by no figure",
    ),
    shape(
        "service_terms",
        "Other terms of a service, from a day on.",
        key=("service_id", "from_date"),
        columns="""
            service_id number the service
            from_date number the first day on which vouchers are sold under them
            price_units number what a voucher costs
            contract_fen number what the provider is paid for one
            valid_days number how many days a voucher lasts
            cancel_hours number an appointment may be given up until so many hours before it
            needs_booking number 1: only with an appointment
            returnable number 1: an unused voucher may be given back
            unused text back or lapse
            set_at number when they were set
        """,
    ),
    shape(
        "voucher",
        "Vouchers as they were sold.",
        key=("voucher_id",),
        columns="""
            voucher_id number the voucher's number in the book
            service_id number for which service
            provider_id number who gives it; 0: the community itself
            commodity number which kind of points
            units number what it cost
            contract_fen number what the provider may claim for it
            person_id number who bought it
            wallet_owner_id number whose wallet paid
            sold_by text page or counter
            terminal_id number? at which counter
            unused text back or lapse
            returnable number 1: it may be given back unused
            needs_booking number 1: only with an appointment
            cancel_hours number its appointment may be given up until so many hours before it
            business_date number the day it was bought
            last_day number its last day
            sold_at number when
            request_id text the request that bought it
            txn_id number the posting
        """,
        left_out="serial whoever knows it may use the voucher",
    ),
    shape(
        "voucher_end",
        "How a voucher ended; there is one row at most for each.",
        key=("voucher_id",),
        columns="""
            voucher_id number the voucher
            how text used, returned, expired (points given back) or lapsed
            provider_id number whose voucher it was
            terminal_id number? the till that took it
            ref text? the till's number of the use
            units number the points
            fen number what the provider may claim
            business_date number the day it counts for
            occurred_at number when it happened
            ended_at number when it was booked
            request_id text the request that ended it
            txn_id number the posting
        """,
    ),
    shape(
        "voucher_notice",
        "Notices that a voucher ends soon, given on its holder's page.",
        key=("voucher_id",),
        columns="""
            voucher_id number the voucher
            last_day number the last day it names
            given_on number the day it was given
        """,
    ),
    shape(
        "slot",
        "Times at which a service is given.",
        key=("slot_id",),
        columns="""
            slot_id number the time's number
            service_id number which service
            starts_at number from
            ends_at number to
            capacity number for so many people
            taken number so many came or will come
            state text on or off
        """,
    ),
    shape(
        "service_order",
        "What was asked for with a voucher, and how far it came.",
        key=("order_id",),
        columns="""
            order_id number the order's number
            voucher_id number with which voucher
            service_id number which service
            provider_id number who gives it
            person_id number who asked
            wallet_owner_id number whose wallet paid
            slot_id number? the appointment
            state text asked, accepted, declined, cancelled, no_show or done
            asked_at number when it was asked for
            answered_at number? when the provider answered
            ended_at number? when it ended
            confirmed_at number? when the resident said that it was done
            confirmed_by text page or paper
            rating number? 1 to 5
        """,
    ),
    shape(
        "benefit_given",
        "Discounts by right that merchants gave and bear themselves.",
        key=("benefit_id",),
        columns="""
            benefit_id text the request that made it
            code text the benefit of the scheme
            merchant_id number who gave it
            terminal_id number at which till
            clerk_id number? who stood there
            person_id number whose code was shown
            ref text the till's number of it
            business_date number the day it counts for
            occurred_at number when
            total_fen number the bill
            off_fen number what came off
            commodity number which kind of points had to be there
            burned_units number how many of them were used up
            scheme_version text the version of the scheme that says so
            txn_id number? the posting; none where nothing was used up
        """,
    ),
)
"""Tables of `ledger/services`."""
