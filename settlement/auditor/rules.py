"""The rules in force, read from the adopted text itself: rates of earning and of offsets, and the text's digest."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from settlement.auditor.book import Book

_TARGET: Final = "merchant_purchase"
_FEES: Final = ("property_fee", "refuse_fee")


def read_rules(book: Book) -> None:
    """Build `rate`: a row for each adopted version with rules for shops; amounts in units of its point type.

    And `fee_rate`: a row for each version and kind of fee that points may pay.
    """
    book.run(
        "CREATE TABLE fee_rate (version VARCHAR, kind VARCHAR, units_per_fen BIGINT, percent BIGINT,"
        " month_units BIGINT)"
    )
    book.run(
        "CREATE TABLE rate (version VARCHAR, effective_from BIGINT, units_per_fen BIGINT,"
        " earn_units BIGINT, earn_fen BIGINT, earn_cap_units BIGINT, offset_cap_units BIGINT,"
        " cap_percent BIGINT)"
    )
    for scheme_id, version, body in book.rows(
        "SELECT scheme_id, version, body FROM scheme_version"
    ):
        for fee in _fees_of(body):
            book.database.execute(
                "INSERT INTO fee_rate VALUES (?, ?, ?, ?, ?)", [f"{scheme_id}/{version}", *fee]
            )
        rate = _rate_of(body)
        if rate is not None:
            values = [f"{scheme_id}/{version}", *rate]
            book.database.execute(
                f"INSERT INTO rate VALUES ({', '.join('?' * len(values))})", values
            )


def schemes(book: Book) -> Iterator[tuple[str, str, str, str, str]]:
    """Versions whose text is not the one that was adopted: by its digest, its dates, or what was sealed of it."""
    sealed = dict(
        book.rows(
            "SELECT subject, after::JSON ->> '$.digest' FROM audit WHERE act = 'scheme.adopt'"
            " AND after LIKE '{%' ORDER BY audit_id"
        )
    )
    for scheme_id, version, first, body, digest in book.rows(
        "SELECT scheme_id, version, effective_from, body, digest FROM scheme_version ORDER BY 1, 2"
    ):
        found, says = _digest_of(body), sealed.get(f"scheme:{scheme_id}/{version}", digest)
        if found != digest:
            yield (scheme_id, version, "text", digest, found)
        elif says != digest:
            yield (scheme_id, version, "sealed", says, digest)
        elif _first_day(body) != first:
            yield (scheme_id, version, "effective_from", str(first), str(_first_day(body)))


def _rate_of(body: str) -> tuple[int | None, ...] | None:
    """First day, units per fen, earned units per fen as a fraction, and the caps of one sale."""
    try:
        scheme = _read(body)
        offset = next(row for row in scheme["offset"] if _TARGET in row["targets"])
        spend = scheme["spend_rule"][0]
        precision = {row["code"]: int(row["precision"]) for row in scheme["point_type"]}
        scale = 10 ** precision[offset["point_type"]]
        earn = Fraction(spend["points_per_yuan"]) * 10 ** precision[spend["point_type"]] / 100
        return (
            _first_day(body),
            int(Fraction(offset["points_per_yuan"]) * scale / 100),
            earn.numerator,
            earn.denominator,
            _units(spend.get("cap_txn_points"), 10 ** precision[spend["point_type"]]),
            _units(offset.get("cap_txn_points"), scale),
            int(offset.get("cap_percent_of_bill", 100)),
        )
    except (ValueError, ArithmeticError, KeyError, TypeError, IndexError, StopIteration):
        return None  # `schemes` says that the text is not what was adopted


def _fees_of(body: str) -> Iterator[tuple[str, int, int, int | None]]:
    """For each kind of fee: its name, units per fen, share of a bill in percent, units a month."""
    try:
        scheme = _read(body)
        scales = {row["code"]: 10 ** int(row["precision"]) for row in scheme["point_type"]}
        rules = [(fee, row) for row in scheme.get("offset", ()) for fee in row["targets"]]
        found = [
            (
                fee,
                int(Fraction(row["points_per_yuan"]) * scales[row["point_type"]] / 100),
                int(row.get("cap_percent_of_bill", 100)),
                _units(row.get("cap_month_points"), scales[row["point_type"]]),
            )
            for fee, row in rules
            if fee in _FEES
        ]
    except (ValueError, ArithmeticError, KeyError, TypeError):
        return  # `schemes` says that the text is not what was adopted
    yield from found


def _read(body: str) -> dict[str, Any]:
    return tomllib.loads(body.removeprefix("\ufeff"), parse_float=Decimal)


def _units(points: Any, scale: int) -> int | None:  # noqa: ANN401 - a whole or a decimal number, or none
    return None if points is None else math.floor(Fraction(points) * scale)


def _first_day(body: str) -> int:
    try:
        day = _read(body)["scheme"]["effective_from"]
    except (ValueError, KeyError, TypeError):
        return 0
    return day.year * 10_000 + day.month * 100 + day.day if isinstance(day, date) else 0


def _digest_of(body: str) -> str:
    """SHA-256 over the content, so that comments and layout do not count."""
    try:
        data = _read(body)
    except (ValueError, ArithmeticError):
        return "unreadable"
    canonical = json.dumps(
        data, default=_plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return int(value) if whole else {"decimal": format(value.normalize(), "f")}
    if isinstance(value, date | time):
        return {"date": value.isoformat()}
    raise TypeError(type(value).__name__)
