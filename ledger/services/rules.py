"""Rules of vouchers: their numbers as people read them, their days, and when each may still be used or given back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final, NamedTuple

from ledger.earning.calendar import day_from_key, day_key
from ledger.errors import Refusal
from ledger.refs import check_digit

MOST_VALID_DAYS: Final = 366
"""A voucher's code is signed for so long at most."""

SERIAL_DIGITS: Final = 10
MOST_SERIAL: Final = (1 << 32) - 1
_GROUPS: Final = ((0, 4), (4, 8), (8, 11))


class Standing(NamedTuple):
    """What a voucher's use or return depends on; `how` is None while it is open. Days are yyyymmdd."""

    provider_id: int
    last_day: int
    returnable: bool
    how: str | None
    ended_on: int | None


def number_text(serial: int) -> str:
    """A voucher's number for people: ten digits and a check digit, `0123-4567-895`."""
    digits = f"{serial:0{SERIAL_DIGITS}d}"
    whole = digits + str(check_digit(digits))
    return "-".join(whole[first:end] for first, end in _GROUPS)


def read_number(text: str) -> int | None:
    """The serial in a typed number; dashes and blanks are passed over. None where it cannot be one of ours."""
    digits = text.replace("-", "").replace(" ", "")
    if len(digits) != SERIAL_DIGITS + 1 or not (digits.isascii() and digits.isdigit()):
        return None
    serial = int(digits[:-1])
    if serial > MOST_SERIAL or check_digit(digits[:-1]) != int(digits[-1]):
        return None
    return serial


def last_day_of(business_date: int, valid_days: int) -> int:
    """The last day to use a voucher bought on `business_date`, which is the first of its days."""
    return day_key(day_from_key(business_date) + timedelta(days=valid_days - 1))


def check_usable(voucher: Standing, providers: Collection[int], business_date: int) -> None:
    """Refuse a use that is not to be; `providers`: for whom this till may take vouchers.

    Refuses: voucher_used, voucher_returned, voucher_expired, voucher_other_provider.
    """
    # Another's till learns nothing of a voucher that is not its own.
    if voucher.provider_id not in providers:
        raise Refusal("voucher_other_provider")
    check_open(voucher, business_date)


def check_open(voucher: Standing, business_date: int) -> None:
    """Refuse a voucher that has ended, or whose last day has passed.

    Refuses: voucher_used, voucher_returned, voucher_expired.
    """
    if voucher.how == "used":
        raise Refusal("voucher_used", used_day=voucher.ended_on)
    if voucher.how == "returned":
        raise Refusal("voucher_returned", returned_day=voucher.ended_on)
    if voucher.how is not None or business_date > voucher.last_day:
        raise Refusal("voucher_expired", last_day=voucher.last_day)


def check_returnable(voucher: Standing, business_date: int) -> None:
    """Refuse to take a voucher back that has ended or that its service does not take back.

    Refuses: voucher_used, voucher_returned, voucher_expired, voucher_not_returnable.
    """
    check_open(voucher, business_date)
    if not voucher.returnable:
        raise Refusal("voucher_not_returnable")


def ending_of(unused: str, *, was_told: bool) -> str:
    """How an unused voucher ends after its last day: `lapsed`, or `expired` with its points back in the wallet.

    Points go only where its service says so and its holder was told in time.
    """
    return "lapsed" if unused == "lapse" and was_told else "expired"
