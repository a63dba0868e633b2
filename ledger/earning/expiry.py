"""When points lapse: which were earned long enough ago, the last day to use them, the days notices must go out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from ledger.earning.calendar import day_in_month
from ledger.earning.scheme import Scheme, scheme_on
from ledger.earning.scheme_frame import Expiry

_DAY: Final = timedelta(days=1)
_MONTHS: Final = 12
_LAST: Final = 31


class Cut(NamedTuple):
    """Points earned up to `earned_until` can be used to the end of `last_day`; both days counted in."""

    earned_until: date
    last_day: date


def cuts(versions: Sequence[Scheme], today: date) -> list[Cut]:
    """Every cut of a community's schemes up to `today`, the earliest first; none where today's rule lets nothing lapse.

    Points of one calendar month (`rolling_months`) or of one year up to its date (`fixed_date`) lapse together, at the
    end of the month or on the date the scheme names. A change of rules never takes points sooner: of the rule when
    they were earned and every rule since, the latest day counts, and no cut comes before an earlier one. Points earned
    while nothing lapsed count as earned when the first rule began.
    """
    begun = [scheme for scheme in versions if scheme.effective_from <= today]
    if not begun or scheme_on(begun, today).expiry.policy == "none":
        return []
    found: list[Cut] = []
    for earned_until, known in _ends(begun, today):
        last = max(_last_day(rule, earned_until) for rule in known)
        if found:
            last = max(last, found[-1].last_day)
        found.append(Cut(earned_until, last))
    return found


def notices_of(scheme: Scheme) -> tuple[int, ...]:
    """How many days before its last day each notice must be given, the first notice first."""
    return tuple(sorted(set(scheme.expiry.notice_days), reverse=True))


def cut_to_announce(found: Sequence[Cut], notices: Sequence[int], today: date) -> Cut | None:
    """The latest cut whose first notice is due on `today`; None where none is."""
    due = [cut for cut in found if cut.last_day - timedelta(days=notices[0]) <= today]
    return due[-1] if due else None


def kept_day(last_day: date, given: date, days: int) -> date:
    """The last day to use points after a notice of `days` days was given: never sooner than promised, or than its days.

    A notice given late pushes the day on, so that its whole time is kept.
    """
    return max(last_day, given + timedelta(days=days))


def due_day(last_day: date, days: int) -> date:
    """The first day on which a notice of `days` days is due."""
    return last_day - timedelta(days=days)


def _ends(versions: Sequence[Scheme], today: date) -> Iterator[tuple[date, list[Expiry]]]:
    """Each day that ends a period of earning, with every rule that held in the period or since."""
    ends = [scheme.effective_from - _DAY for scheme in versions[1:]] + [today]
    start = versions[0].effective_from
    for scheme, held_to in zip(versions, ends, strict=True):
        if scheme.expiry.policy == "none":
            continue
        day = _end_from(scheme.expiry, scheme.effective_from)
        while day <= held_to:
            yield (
                day,
                [
                    other.expiry
                    for other, until in zip(versions, ends, strict=True)
                    if until >= start and other.expiry.policy != "none"
                ],
            )
            start, day = day + _DAY, _end_from(scheme.expiry, day + _DAY)


def _end_from(rule: Expiry, day: date) -> date:
    """The end of the period of earning that `day` lies in."""
    if rule.policy == "rolling_months":
        return day_in_month(day.year, day.month, _LAST)
    month, of_month = rule.month or _MONTHS, rule.day or _LAST
    this_year = day_in_month(day.year, month, of_month)
    return this_year if day <= this_year else day_in_month(day.year + 1, month, of_month)


def _last_day(rule: Expiry, earned_until: date) -> date:
    """By this rule alone, the last day to use what was earned up to a day."""
    end = _end_from(rule, earned_until)
    if rule.policy == "rolling_months":
        years, month = divmod(end.month - 1 + (rule.months or 0), _MONTHS)
        return day_in_month(end.year + years, month + 1, _LAST)
    return day_in_month(end.year + (rule.years_after or 0), end.month, rule.day or _LAST)
