"""The kinds of value a scheme file may hold, each with its bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

MOST: Final = 10**9
"""No count and no number of points in a scheme is larger: beyond it stands a typing mistake."""

_MOST_DECIMALS: Final = 6
_CLOCK: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


class Part:
    """A table of the scheme file; keys it does not name are refused."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


def exact_number(value: object) -> Decimal:
    """A number as an exact decimal; text, booleans, infinities and huge values are refused."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("number_type", "a number is wanted")
    number = Decimal(value)
    if not number.is_finite() or abs(number) > MOST:
        raise PydanticCustomError("number_range", "a number up to {most} is wanted", {"most": MOST})
    if number != 0 and number.adjusted() < -_MOST_DECIMALS:
        raise PydanticCustomError("number_range", "a number up to {most} is wanted", {"most": MOST})
    if number != round(number, _MOST_DECIMALS):
        raise PydanticCustomError("number_range", "a number up to {most} is wanted", {"most": MOST})
    return number


def clock_time(value: object) -> time:
    """`"09:30"` as a time of day."""
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise PydanticCustomError("clock_time", 'a time like "09:30" is wanted')
    return time.fromisoformat(value)


def _never_written(_value: object) -> object:
    """Refuse a key that follows from another one."""
    raise PydanticCustomError("derived_key", "this follows from another key")


Text = Annotated[str, Strict(), Field(min_length=1, max_length=300)]
Code = Annotated[str, Strict(), Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]
Flag = Annotated[bool, Strict()]
Day = Annotated[date, Strict()]
Clock = Annotated[time, BeforeValidator(clock_time)]
Count = Annotated[int, Strict(), Field(ge=0, le=MOST)]
Positive = Annotated[int, Strict(), Field(ge=1, le=MOST)]
AmountFen = Annotated[int, Strict(), Field(ge=0, le=10**12)]
Percent = Annotated[int, Strict(), Field(ge=0, le=100)]
DayOfMonth = Annotated[int, Strict(), Field(ge=1, le=31)]
Month = Annotated[int, Strict(), Field(ge=1, le=12)]
MonthOfQuarter = Annotated[int, Strict(), Field(ge=1, le=3)]
Weekday = Annotated[int, Strict(), Field(ge=1, le=7)]
SignedPoints = Annotated[Decimal, BeforeValidator(exact_number)]
"""Points as people write them; below zero where an item takes points away."""
Points = Annotated[Decimal, BeforeValidator(exact_number), Field(ge=0)]
PositivePoints = Annotated[Decimal, BeforeValidator(exact_number), Field(gt=0)]
Deduction = Annotated[Decimal, BeforeValidator(exact_number), Field(lt=0)]
Number = Annotated[Decimal, BeforeValidator(exact_number), Field(ge=0)]
Decimals = Annotated[int, Strict(), Field(ge=0, le=2)]
StarLevel = Annotated[int, Strict(), Field(ge=1, le=5)]
Star = Annotated[str, Strict(), Field(pattern=r"^[1-5]$")]
Texts = tuple[Text, ...]
Codes = tuple[Code, ...]
Thresholds = Mapping[Star, Points]
Quotas = Mapping[Star, Percent]
Derived = Annotated[int, BeforeValidator(_never_written)]
"""Filled in by the loader from another key; writing it in the file is refused."""
DerivedText = Annotated[str, BeforeValidator(_never_written)]
