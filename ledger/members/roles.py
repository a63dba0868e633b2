"""Who may do what: one table of roles and permissions; what it does not name is denied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

ANYONE: Final = "anyone"
"""The permission of pages and calls that need no sign-in: sign-in itself, enrolment, the key set."""

PERMISSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "till.read": "see the till's state and the goods",
        "till.clerk": "sign a clerk in or out at a till",
        "recovery.send": "send the signed daybook of a till after a loss",
        "sale.make": "quote, sell and refund",
        "sale.late": "send sales that were decided without network",
        "claim.make": "file the day's claims from the till",
        "redeem.make": "hand out goods for points",
        "voucher.use": "redeem vouchers and give benefits by agreement",
        "kiosk.use": "look at one's own points and have goods kept at a screen nobody of the staff stands at",
        "me.read": "see one's own points and entries",
        "me.code": "show one's own code",
        "me.voucher": "buy, book, give back and confirm one's own vouchers",
        "me.order": "have goods kept for one's next visit to the counter",
        "me.pay": "have points taken off one's own household's fee bills",
        "me.household": "say as head how many points of the pool each member may use in a month",
        "me.mandate": "take somebody off the list of who collects for oneself",
        "me.misuse": "say which purchases one did not make",
        "me.pin": "change one's own PIN with the old one",
        "me.consent": "agree to what the community asks of residents",
        "shop.read": "see one's own shop's days, statements and payouts",
        "shop.claim": "send one's own shop's claims from its own system",
        "shop.answer": "answer a question about one's own shop's claims",
        "shop.serve": "answer one's own shop's service orders",
        "shop.till": "print the page one's own shop's tills are set up with",
        "office.read": "see the office's day and lists",
        "resident.read": "look residents and households up",
        "resident.write": "register residents and households, record consent",
        "resident.forget": "delete what names a resident who takes part no longer",
        "card.write": "make, hand out, suspend and replace cards",
        "pin.write": "set a PIN at the service desk",
        "import.write": "take in tables of residents, households and shops",
        "shop.write": "take shops in, sign agreements, open tills, set clerks' codes",
        "good.write": "keep the counter's goods and stock",
        "service.write": "offer services for points, keep the calendar",
        "fee.write": "take in fee bills and confirmations, have points taken off with a resident's card",
        "day.run": "file claims from paper or a file, run the night",
        "discrepancy.decide": "decide a discrepancy",
        "statement.write": "issue a month's statements",
        "payout.propose": "propose a payout",
        "payout.approve": "approve a payout that somebody else proposed",
        "payout.send": "send an approved payout",
        "fund.write": "book money into the community's funds, propose spending from a work's fund",
        "vote.propose": "enter what the committee voted",
        "vote.approve": "confirm a vote that somebody else entered",
        "grant.propose": "propose points by hand",
        "grant.approve": "approve what somebody else proposed",
        "recovery.write": "bring the book back after a loss, go on without a till",
        "settings.read": "see the settings and the scheme",
        "settings.write": "change the settings, adopt a scheme",
        "staff.write": "open staff sign-ins and give roles",
        "key.write": "renew and retire the keys behind the codes",
        "seal.answer": "write down what was found out about an alarm of the seal",
        "audit.read": "read the record of acts",
        "file.read": "fetch files that were kept",
    }
)
"""Every permission with what it lets somebody do."""

_LOOKS: Final = frozenset({"office.read", "resident.read", "settings.read"})

ROLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        # actors that are no member of staff
        "terminal": frozenset({"till.read", "till.clerk", "recovery.send", "sale.late"}),
        # a screen that residents use by themselves: no clerk signs in there, nothing is booked
        "kiosk": frozenset({"kiosk.use"}),
        "clerk": frozenset({"sale.make", "claim.make", "voucher.use"}),
        "counter_clerk": frozenset({"sale.make", "claim.make", "redeem.make", "voucher.use"}),
        "resident": frozenset(
            {
                "me.read",
                "me.code",
                "me.voucher",
                "me.pay",
                "me.order",
                "me.household",
                "me.mandate",
                "me.consent",
                "me.misuse",
                "me.pin",
            }
        ),
        "merchant": frozenset({"shop.read", "shop.answer", "shop.serve", "shop.till"}),
        # a shop's own system: it files claims and sees nothing
        "merchant_system": frozenset({"shop.claim"}),
        # staff
        "counter_volunteer": frozenset({"office.read", "good.write"}),
        "grid_worker": _LOOKS | {"resident.write", "card.write", "pin.write", "fee.write"},
        "accountant": _LOOKS
        | {
            "day.run",
            "fee.write",
            "discrepancy.decide",
            "statement.write",
            "payout.propose",
            "payout.send",
            "fund.write",
            "file.read",
        },
        "secretary": _LOOKS
        | {
            "resident.write",
            "card.write",
            "pin.write",
            "fee.write",
            "import.write",
            "shop.write",
            "good.write",
            "service.write",
            "discrepancy.decide",
            "payout.approve",
            "grant.propose",
            "seal.answer",
            "vote.propose",
            "recovery.write",
            "file.read",
        },
        "committee": _LOOKS
        | {"payout.approve", "grant.approve", "vote.approve", "seal.answer", "file.read"},
        "auditor": _LOOKS | {"audit.read", "seal.answer", "file.read"},
        "admin": _LOOKS
        | {
            "import.write",
            "resident.forget",
            "shop.write",
            "settings.write",
            "staff.write",
            "key.write",
            "recovery.write",
            "audit.read",
            "file.read",
        },
    }
)
"""Role to permissions. Nobody both proposes and approves a payout by one role."""

STAFF_ROLES: Final = (
    "counter_volunteer",
    "grid_worker",
    "accountant",
    "secretary",
    "committee",
    "auditor",
    "admin",
)
"""The roles an administrator can give."""


def may(roles: Iterable[str], permission: str) -> bool:
    """Whether one of the roles carries the permission; an unknown role or permission never does."""
    return permission in PERMISSIONS and any(
        permission in ROLES.get(role, frozenset()) for role in roles
    )


def roles_with(permission: str) -> frozenset[str]:
    """Every role that carries the permission."""
    return frozenset(role for role, carried in ROLES.items() if permission in carried)
