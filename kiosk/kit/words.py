"""What the page calls roles, permissions and kinds of points, so that it needs no copy of our tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kiosk.page_words import ROLES as ROLE_NAMES
from kiosk.page_words import word
from kiosk.texts import LANGUAGES, mark, translator
from ledger.earning.scheme import Scheme
from ledger.members.roles import ROLES, STAFF_ROLES

_MAY: Final[Mapping[str, str]] = {
    "office.read": mark("see the office's day and lists"),
    "resident.read": mark("look residents and households up"),
    "resident.write": mark("register residents and households, note consent and relatives"),
    "resident.forget": mark("delete what names a resident who takes part no longer"),
    "card.write": mark("make, hand out, suspend and replace cards"),
    "pin.write": mark("set a PIN at the service desk"),
    "import.write": mark("take in tables of residents, households and shops"),
    "shop.write": mark("take shops in, sign agreements, open tills, set clerks' codes"),
    "good.write": mark("keep the counter's goods and stock"),
    "day.run": mark("file claims from paper or a file, run the night"),
    "discrepancy.decide": mark("decide a difference"),
    "statement.write": mark("issue a month's statements"),
    "payout.propose": mark("propose a payout"),
    "payout.approve": mark("approve a payout that somebody else proposed"),
    "payout.send": mark("send an approved payout"),
    "fund.write": mark("book yuan into the community's fund"),
    "grant.propose": mark("propose points by hand"),
    "grant.approve": mark("approve what somebody else proposed"),
    "settings.read": mark("see the settings and the rules"),
    "settings.write": mark("change the settings, adopt rules"),
    "staff.write": mark("open sign-ins, give and take roles"),
    "key.write": mark("renew and retire keys"),
    "recovery.write": mark("bring back from the tills what was lost with the server"),
    "vote.propose": mark("enter a vote of the committee"),
    "vote.approve": mark("agree to a vote that somebody else entered"),
    "seal.answer": mark("note what was found out about an alarm of the seal"),
    "fee.write": mark("take in fee bills, have points taken off with a resident's card"),
    "service.write": mark("offer services for points, keep the calendar"),
    "audit.read": mark("read the record of acts"),
    "file.read": mark("fetch files that were kept"),
}


def role_words() -> dict[str, dict[str, Any]]:
    """Every staff role: its name in each language and what it may do."""
    return {
        role: {**_in_each(word(ROLE_NAMES, role).text), "may": sorted(ROLES[role])}
        for role in STAFF_ROLES
    }


def permission_words() -> dict[str, dict[str, str]]:
    """Every permission of staff in words; one nobody has put into words stands for itself."""
    held = {permission for role in STAFF_ROLES for permission in ROLES[role]}
    return {permission: _in_each(_MAY.get(permission, permission)) for permission in sorted(held)}


def point_words(scheme: Scheme, first_commodity: int) -> dict[str, dict[str, Any]]:
    """The scheme's kinds of points by their number in the book: name and decimals."""
    return {
        str(first_commodity + n): {"name": kind.name, "decimals": kind.precision}
        for n, kind in enumerate(scheme.point_types)
    }


def _in_each(text: str) -> dict[str, str]:
    return {language: translator(language)(text) for language in LANGUAGES}
