"""Rules of certificates: for how many points, which shops take one, its number as people read it, when it is good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from ledger.earning.calendar import day_from_key, day_key
from ledger.errors import Refusal
from ledger.refs import check_digit

LEAST_POINTS: Final = 20
MOST_POINTS: Final = 400
"""Seed S0: the shop asks for the community's certificate; our bounds are one step of the offset and one bill's most."""

MOST_VALID_DAYS: Final = 90
"""A certificate's code is signed for so long at most."""

MOST_OPEN: Final = 3
"""Certificates one person may have at a time: paper that is lost waits until its last day."""

SERIAL_DIGITS: Final = 8
MOST_SERIAL: Final = 10**SERIAL_DIGITS - 1
_GROUP: Final = 3

Tree = Mapping[str, Iterable[str]]
"""Kinds of shops by the wider kind that holds them, as the scheme has it."""


class Standing(NamedTuple):
    """What a certificate's use depends on; `how` is None while it is open. Days are yyyymmdd."""

    shop_kind: str
    last_day: int
    how: str | None
    ended_on: int | None


def number_text(serial: int) -> str:
    """A certificate's number for people: eight digits and a check digit, `123-456-789`, easily read aloud."""
    digits = f"{serial:0{SERIAL_DIGITS}d}"
    whole = digits + str(check_digit(digits))
    return "-".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP))


def read_number(text: str) -> int | None:
    """The serial in a typed number; dashes and blanks are passed over. None where it cannot be a certificate's."""
    digits = "".join(sign for sign in text if sign not in "-  \t\r\n")
    if len(digits) != SERIAL_DIGITS + 1 or not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits[:-1]) if check_digit(digits[:-1]) == int(digits[-1]) else None


def last_day_of(business_date: int, valid_days: int) -> int:
    """The last day to use a certificate printed on `business_date`, which is the first of its days."""
    return day_key(day_from_key(business_date) + timedelta(days=valid_days - 1))


def check_points(units: int, *, a_point: int, step_units: int) -> None:
    """Refuse a certificate for too few or too many points, or for a broken step (`a_point`: units in one point).

    Refuses: certificate_points.
    """
    least, most = LEAST_POINTS * a_point, MOST_POINTS * a_point
    if not least <= units <= most or units % step_units:
        raise Refusal(
            "certificate_points", least_units=least, most_units=most, step_units=step_units
        )


def check_usable(standing: Standing, kind_here: str, tree: Tree, business_date: int) -> None:
    """Refuse a use that is not to be; `kind_here` is the kind of the shop that holds the paper.

    Refuses: certificate_used, certificate_cancelled, certificate_expired, certificate_other_kind.
    """
    check_open(standing, business_date)
    if not takes(tree, standing.shop_kind, kind_here):
        raise Refusal("certificate_other_kind", shop_kind=standing.shop_kind)


def check_open(standing: Standing, business_date: int) -> None:
    """Refuse a certificate that has ended, or whose last day has passed.

    Refuses: certificate_used, certificate_cancelled, certificate_expired.
    """
    if standing.how == "used":
        raise Refusal("certificate_used", used_day=standing.ended_on)
    if standing.how == "cancelled":
        raise Refusal("certificate_cancelled", cancelled_day=standing.ended_on)
    if standing.how is not None or business_date > standing.last_day:
        raise Refusal("certificate_expired", last_day=standing.last_day)


def takes(tree: Tree, kind: str, kind_here: str) -> bool:
    """Whether a shop of `kind_here` takes a certificate for `kind`: the same, or below it in the scheme's tree."""
    ahead, seen = [kind], set[str]()
    while ahead:
        one = ahead.pop()
        if one == kind_here:
            return True
        if one not in seen:
            seen.add(one)
            ahead += tree.get(one, ())
    return False


def kinds_for(tree: Tree, categories: Iterable[str]) -> list[str]:
    """The kinds a certificate can be printed for: those of the shops there are, and the wider ones above them."""
    here = set(categories)
    wide = {kind for kind in tree if any(takes(tree, kind, one) for one in here)}
    return sorted(here | wide)
