"""The values a call may carry: whole numbers that are whole, times with a zone, short plain text."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from ledger.earning.calendar import day_from_key, day_key
from ledger.units import MOST_FEN

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_RFC3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ID: Final = re.compile(r"[1-9]\d{0,18}", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,9}", re.ASCII)
_SIZE: Final = re.compile(r"0|[1-9]\d{0,14}", re.ASCII)
_UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"


class Strict(BaseModel):
    """The base of every request: no unknown field, no number in quotes, no 1.0 for 1."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - as pydantic has it
        """The schema, made once: the framework asks for it again with every query string."""
        return (
            _schema_of(cls) if not (args or kwargs) else super().model_json_schema(*args, **kwargs)
        )


@cache
def _schema_of(model: type[Strict]) -> dict[str, Any]:
    return super(Strict, model).model_json_schema()


def _id(value: object) -> int:
    if not isinstance(value, str) or not _ID.fullmatch(value) or int(value) >= 2**63:
        raise PydanticCustomError("id_text", "an id is a number written as text")
    return int(value)


def _moment(value: object) -> int:
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value.upper())
            return (moment - _EPOCH) // _MICROSECOND
        except (ValueError, OverflowError):
            pass
    raise PydanticCustomError("time_with_zone", "a time looks like 2026-03-02T09:15:00+08:00")


def _day(value: object) -> int:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return day_key(date.fromisoformat(value))
        except ValueError:
            pass
    raise PydanticCustomError("day", "a day looks like 2026-03-02")


def _count_text(value: object) -> int:
    if not isinstance(value, str) or not _COUNT.fullmatch(value):
        raise PydanticCustomError("count_text", "a whole number is wanted")
    return int(value)


def _plain(value: str) -> str:
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} for sign in value):
        raise PydanticCustomError("plain_text", "the text holds signs that cannot be printed")
    return value


def _size_text(value: object) -> int:
    if not isinstance(value, str) or not _SIZE.fullmatch(value):
        raise PydanticCustomError("count_text", "a whole number is wanted")
    return int(value)


Id = Annotated[
    int, BeforeValidator(_id), WithJsonSchema({"type": "string", "pattern": r"^[1-9]\d{0,18}$"})
]
"""A number that names a row: text in JSON, since JavaScript rounds beyond 2^53."""

Moment = Annotated[
    int, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""RFC 3339 with a zone in JSON, microseconds UTC in the code."""

Day = Annotated[int, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""2026-03-02 in JSON, 20260302 in the code."""

Fen = Annotated[int, Field(ge=0, le=MOST_FEN)]
PositiveFen = Annotated[int, Field(ge=1, le=MOST_FEN)]
Units = Annotated[int, Field(ge=0, le=MOST_FEN)]
PositiveUnits = Annotated[int, Field(ge=1, le=MOST_FEN)]
Counter = Annotated[int, Field(ge=1, le=99_999)]
"""A till's own running number, as in its receipts."""
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]

RequestId = Annotated[str, StringConstraints(pattern=_UUID)]
"""A UUID made by the caller; the same one again gets the same answer."""
Reference = Annotated[str, StringConstraints(min_length=5, max_length=40)]
"""`M01T1-260302-00457-I`; whether its check character fits is asked later, with a better sentence."""
TokenText = Annotated[str, StringConstraints(min_length=1, max_length=600)]
"""What was scanned or typed; it may be anything at all."""
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_plain)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A PIN, a code, a password; its form is judged where it is checked."""

Limit = Annotated[
    int,
    BeforeValidator(_count_text),
    Field(ge=1, le=200),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 200}),
]
"""How many rows of a list, in a query string."""
LogSize = Annotated[
    int, BeforeValidator(_size_text), WithJsonSchema({"type": "string", "pattern": r"^\d{1,15}$"})
]
"""How many entries of the log, in a query string."""
Cursor = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_-]*$")]
"""Where a list goes on: what the answer before called `next_cursor`."""


def moment_text(at: int, zone: tzinfo) -> str:
    """Microseconds UTC as RFC 3339 on a community's clock, to the second."""
    return (_EPOCH + timedelta(seconds=at // 1_000_000)).astimezone(zone).isoformat()


def day_text(business_date: int) -> str:
    """20260302 -> '2026-03-02'."""
    return day_from_key(business_date).isoformat()
