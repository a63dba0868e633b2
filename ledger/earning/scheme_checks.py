"""Whether a scheme of the right shape makes sense: its modes, points, rates, dates and shares."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from ledger.earning.formula import FormulaError, read_expression
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_frame import CalendarRule, RedemptionWindow
from ledger.earning.scheme_parts import Formula, Item
from ledger.earning.scheme_problems import Finding, Findings, Path, found

_EVERYTHING: Final = 100


def check_sense(scheme: Scheme) -> list[Finding]:
    """Everything that contradicts itself in a scheme of the right shape."""
    checks: Sequence[Callable[[Scheme], Findings]] = (
        _zone, _formulas, _items, _points, _offsets, _calendar, _windows, _stars, _expiry,
    )  # fmt: skip
    return [finding for check in checks for finding in check(scheme)]


def _zone(scheme: Scheme) -> Findings:
    try:
        zoneinfo.ZoneInfo(scheme.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        yield found(("scheme", "timezone"), "unknown_zone", value=scheme.timezone)


def _formulas(scheme: Scheme) -> Findings:
    for name, formula in scheme.formulas.items():
        try:
            words = read_expression(formula.expr).words
        except FormulaError as error:
            yield found(("formula", name, "expr"), "bad_formula", why=str(error))
            continue
        for word in ("difficulty", "rating"):
            if word in words and not formula.table.get(word):
                because = f"a formula over {word}"
                yield found(("formula", name, "table"), "needs_key", because=because, key=word)
            if word in formula.table and word not in words:
                because = "a formula that does not name it"
                yield found(
                    ("formula", name, "table", word), "needless_key", because=because, key=word
                )


_MODE_KEYS: Final = {
    "fixed": (("points",), ("min", "max", "typical", "formula", "difficulty", "per", "deduct")),
    "range": (("min", "max"), ("points", "formula", "difficulty", "per", "deduct")),
    "formula": (("formula",), ("points", "min", "max", "typical", "per", "deduct")),
    "periodic": (("points", "per"), ("min", "max", "typical", "formula", "difficulty")),
}
"""Mode of an item -> (keys it must have, keys it does not read)."""


def _items(scheme: Scheme) -> Findings:
    for row, item in enumerate(scheme.items):
        wanted, unread = _MODE_KEYS[item.mode]
        because = f"an item of mode {item.mode}"
        for key in wanted:
            if getattr(item, key) is None:
                yield found(("item", row), "needs_key", because=because, key=key)
        for key in unread:
            if getattr(item, key) is not None:
                yield found(("item", row, key), "needless_key", because=because, key=key)
        if item.honour_only and item.points:
            because = "an item of honour alone"
            yield found(("item", row, "points"), "needless_key", because=because, key="points")
        if item.min is not None and item.max is not None:
            yield from _ordered(("item", row, "min"), "min", item.min, "max", item.max)
            typical = item.typical if item.typical is not None else item.min
            yield from _ordered(("item", row, "typical"), "min", item.min, "typical", typical)
            yield from _ordered(("item", row, "typical"), "typical", typical, "max", item.max)
        formula = scheme.formulas.get(item.formula or "")
        if formula is not None:
            yield from _difficulty(row, item, formula)


def _difficulty(row: int, item: Item, formula: Formula) -> Findings:
    known = formula.table.get("difficulty", {})
    if known and item.difficulty is None:
        because = f"the formula {item.formula}"
        yield found(("item", row), "needs_key", because=because, key="difficulty")
    elif item.difficulty is not None and item.difficulty not in known:
        words = ", ".join(known) or "(none)"
        path: Path = ("item", row, "difficulty")
        yield found(path, "dangling", value=item.difficulty, kind="difficulty", known=words)


def _ordered(path: Path, low: str, low_value: Decimal, high: str, high_value: Decimal) -> Findings:
    if low_value > high_value:
        yield found(
            path, "wrong_order", low=low, low_value=low_value, high=high, high_value=high_value
        )


_POINTS_KEYS: Final = {
    "item": ("points", "min", "max", "typical", "deduct", "cap_day", "cap_month", "cap_quarter"),
    "spend_rule": ("cap_txn_points", "cap_day_points", "cap_month_points"),
    "offset": ("step_points", "min_points", "cap_txn_points", "cap_month_points"),
    "reward": ("points",),
}
"""Keys of each table that hold points, and so may be no finer than the point type."""


def _points(scheme: Scheme) -> Findings:
    decimals = {row.code: int(row.precision) for row in scheme.point_types}
    tables = {
        "item": scheme.items,
        "spend_rule": scheme.spend_rules,
        "offset": scheme.offsets,
        "reward": scheme.rewards,
    }
    priced: list[tuple[Path, str, Decimal | None]] = [
        ((table, row, key), part.point_type, getattr(part, key))
        for table, parts in tables.items()
        for row, part in enumerate(parts)
        for key in _POINTS_KEYS[table]
    ]
    for row, benefit in enumerate(scheme.benefits):
        needed = benefit.requires
        priced.append((("benefit", row, "burn_points"), needed.point_type, benefit.burn_points))
        path: Path = ("benefit", row, "requires", "balance_at_least")
        priced.append((path, needed.point_type, needed.balance_at_least))
    for place, code, points in priced:
        if points is None or code not in decimals:
            continue
        if points != round(points, decimals[code]):
            yield found(place, "too_fine", value=points, decimals=decimals[code], point_type=code)


def _offsets(scheme: Scheme) -> Findings:
    decimals = {row.code: int(row.precision) for row in scheme.point_types}
    for row, offset in enumerate(scheme.offsets):
        facts = {"offset": offset.code, "point_type": offset.point_type}
        rate = offset.points_per_yuan
        scale = 10 ** decimals.get(offset.point_type, 2)
        if rate * scale % 100 != 0:
            path: Path = ("offset", row, "points_per_yuan")
            yield found(path, "offset_not_whole", what="the rate", **facts)
        if offset.step_points * 100 % rate != 0:
            yield found(
                ("offset", row, "step_points"), "offset_not_whole", what="the step", **facts
            )
        if offset.cap_txn_points is not None:
            path = ("offset", row, "min_points")
            yield from _ordered(
                path, "min_points", offset.min_points, "cap_txn_points", offset.cap_txn_points
            )
        if offset.cap_txn_points is not None and offset.cap_month_points is not None:
            path = ("offset", row, "cap_txn_points")
            yield from _ordered(
                path, "cap_txn_points", offset.cap_txn_points,
                "cap_month_points", offset.cap_month_points,
            )  # fmt: skip


_DATE_KEYS: Final = {
    "per_event": (),
    "rolling": (),
    "daily": (),
    "weekly": ("weekdays",),
    "monthly": ("day",),
    "quarterly": ("month_of_quarter", "day"),
    "yearly": ("month", "day"),
}
"""Rule of a date -> the keys that fix it; the others of these four are not read."""


def _dates(path: Path, rule: CalendarRule | RedemptionWindow) -> Findings:
    wanted = _DATE_KEYS[rule.rule]
    because = f"the rule {rule.rule}"
    for key in ("weekdays", "day", "month_of_quarter", "month"):
        given = getattr(rule, key)
        if key in wanted and not given:
            yield found(path, "needs_key", because=because, key=key)
        if key not in wanted and given:
            yield found((*path, key), "needless_key", because=because, key=key)


def _calendar(scheme: Scheme) -> Findings:
    for act in type(scheme.calendar).__dataclass_fields__:
        rule: CalendarRule | None = getattr(scheme.calendar, act)
        if rule is None:
            continue
        yield from _dates(("calendar", act), rule)
        if rule.covers is not None and "_to_" in rule.covers:
            first, last = (int(day) for day in rule.covers.split("_to_"))
            # After the 28th, 29th or 30th the next period would begin on a day some months lack.
            if first != last + 1 or last > 27:  # noqa: PLR2004 - said in the line above
                path: Path = ("calendar", act, "covers")
                yield found(path, "bad_period", value=rule.covers)


def _windows(scheme: Scheme) -> Findings:
    for row, window in enumerate(scheme.windows):
        path: Path = ("redemption_window", row)
        yield from _dates(path, window)
        if window.opens >= window.closes:
            yield found(
                (*path, "to"), "wrong_order",
                low="from", low_value=window.opens.isoformat("minutes"),
                high="to", high_value=window.closes.isoformat("minutes"),
            )  # fmt: skip


def _stars(scheme: Scheme) -> Findings:
    stars = scheme.stars
    if stars is None or not stars.enabled:
        return
    for key in ("subject", "point_type", "basis", "window"):
        if getattr(stars, key) is None:
            yield found(("stars",), "needs_key", because="a scheme with stars", key=key)
    if stars.basis == "year_points" and not stars.thresholds:
        yield found(("stars",), "needs_key", because="the basis year_points", key="thresholds")
    if stars.basis in ("rank", "rank_in_branch") and not (
        stars.quota_percent or stars.recommend_top
    ):
        yield found(("stars",), "needs_key", because="a ranking", key="quota_percent")
    shares = sum(stars.quota_percent.values())
    if shares > _EVERYTHING:
        yield found(("stars", "quota_percent"), "quota_sum", sum=shares)
    levels = sorted(stars.thresholds.items())
    for (low, low_value), (high, high_value) in pairwise(levels):
        path: Path = ("stars", "thresholds", high)
        yield from _ordered(path, f"star {low}", low_value, f"star {high}", high_value)


_EXPIRY_KEYS: Final = {
    "none": (),
    "rolling_months": ("months", "unit"),
    "fixed_date": ("month", "day", "years_after", "unit"),
}


def _expiry(scheme: Scheme) -> Findings:
    wanted = _EXPIRY_KEYS[scheme.expiry.policy]
    because = f"the policy {scheme.expiry.policy}"
    for key in ("months", "month", "day", "years_after", "unit"):
        given = getattr(scheme.expiry, key)
        if key in wanted and given is None:
            yield found(("expiry",), "needs_key", because=because, key=key)
        if key not in wanted and given is not None:
            yield found(("expiry", key), "needless_key", because=because, key=key)
