"""A recovery's report in words: what came back, what came out otherwise, what only paper has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from kiosk.texts import Translate, mark, translator

_PAPER: Final[Mapping[str, str]] = {
    "points_by_hand": mark("points given or taken by hand, opening balances"),
    "households_and_residents": mark("households and residents: new, moved, changed"),
    "cards": mark("cards: handed out, replaced, lost, suspended"),
    "pins": mark("PINs that were set"),
    "staff": mark("sign-ins, roles and clerks' codes"),
    "shops": mark("shops, agreements, tills that were opened or taken out of service"),
    "settings_and_rules": mark("settings, versions of the rules, keys"),
    "fund": mark("money booked into the fund"),
    "decisions": mark("decisions on differences"),
    "statements_and_payouts": mark("statements and payouts: look at the bank's account too"),
    "files": mark("files that were taken in: claims, bills"),
}
_STATES: Final[Mapping[str, str]] = {
    "applied": mark("Written again: {count}"),
    "known": mark("In the copy already: {count}"),
    "aside": mark("Set aside, to be looked at: {count}"),
    "waiting": mark("Not written yet: {count}"),
}


def report_lines(report: Mapping[str, Any], language: str) -> Iterator[str]:
    """The report, a sentence a line."""
    _ = translator(language)
    yield _("Nothing acknowledged before {moment} is missing.").format(
        moment=report["nothing_missing_before"]
    )
    for state, count in report["lines"].items():
        if state in _STATES:
            yield _(_STATES[state]).format(count=count)
    for till in report["tills"]:
        yield from _till_lines(till, _)
    yield from _looked_at(report, _)
    for declared in report["declared"]:
        yield _(
            "Declared under the log's key: signed up to entry {lost} (root {lost_root}) and lost;"
            " the log goes on from entry {kept}."
        ).format(**declared)
    if report["nights_to_run"]:
        days = ", ".join(report["nights_to_run"])
        yield _("Nights to run again: {days}").format(days=days)
    yield _("What the office entered after the copy is not known to any till. Enter from paper:")
    for name in report["only_paper"]:
        yield f"  - {_(_PAPER[name])}"


def _looked_at(report: Mapping[str, Any], _: Translate) -> Iterator[str]:
    for line in report["aside"]:
        yield _("Set aside: {till} {ref}, told at {moment} ({code})").format(
            till=line["till"], ref=line["ref"], moment=line["told_at"], code=line["code"]
        )
    for line in report["otherwise"]:
        for name, told, found in line["differences"]:
            yield _("Otherwise than told: {till} {ref}, {name}: {told}, now {found}").format(
                till=line["till"], ref=line["ref"], name=name, told=told, found=found
            )
    for refused in report["refused"]:
        yield _("Refused: a line of till {till} ({code})").format(**refused)


def _till_lines(till: Mapping[str, Any], _: Translate) -> Iterator[str]:
    name = till["till"]
    if till["state"] == "lost":
        yield _("Till {till} was given up: what it sold after number {number} is on paper.").format(
            till=name, number=till["lost_after"]
        )
    elif till["state"] == "asked":
        yield _("Till {till} has not sent its daybook yet.").format(till=name)
    elif till["missing_count"]:
        numbers = ", ".join(map(str, till["missing"]))
        yield _(
            "Till {till}: nothing is known of the numbers {numbers}. Look at the slips."
        ).format(till=name, numbers=numbers)
    for gap in till["gaps"]:
        yield _("Till {till}: lines {after} to {before} of its daybook do not follow.").format(
            till=name, **gap
        )
