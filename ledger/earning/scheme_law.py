"""Uses of points that no scheme may have: sold, cashed, handed on, tied to rights."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath
from typing import Final

from pydantic import TypeAdapter

from ledger.earning.scheme import Scheme
from ledger.earning.scheme_problems import Finding, Findings, Path, found
from ledger.earning.scheme_values import Part, Text, Texts

_FILE: Final = FilePath(__file__).parent.parent / "schemes" / "forbidden_uses.toml"
_FEWEST_NOTICES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenUse(Part):
    """One use of points that is refused, with the words by which it is recognised."""

    id: Text
    because: Text
    advice: Text
    keys: Texts = ()
    values: Texts = ()
    deeds: Texts = ()
    rewards: Texts = ()
    ties: Texts = ()
    boards: Texts = ()


@cache
def forbidden_uses() -> dict[str, ForbiddenUse]:
    """The table of forbidden uses that ships with the product, by id."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    uses = TypeAdapter(tuple[ForbiddenUse, ...]).validate_python(data["use"])
    return {use.id: use for use in uses}


def use_behind_key(key: str) -> ForbiddenUse | None:
    """The forbidden use an unknown key asks for, if any: `cash_rate_fen` asks to pay points out."""
    return next((use for use in forbidden_uses().values() if _holds_word(key, use.keys)), None)


def use_behind_value(value: str) -> ForbiddenUse | None:
    """The forbidden use a word in a code's place asks for, if any."""
    return next((use for use in forbidden_uses().values() if _holds_word(value, use.values)), None)


def refused(path: Path, use: ForbiddenUse, value: str) -> Finding:
    """The finding for a forbidden use."""
    return found(path, "forbidden_use", value=value, because=use.because, advice=use.advice)


def check_law(scheme: Scheme) -> list[Finding]:
    """Every forbidden use the vocabulary can express."""
    checks = (_hand_on, _deductions, _words, _codes, _wall, _rights)
    return [finding for check in checks for finding in check(scheme)]


def _holds_word(text: str, words: Sequence[str]) -> bool:
    """Whether one of the words stands in a code, as whole parts between underscores."""
    return any(f"_{word}_" in f"_{text.lower()}_" for word in words)


def _forbidden(path: Path, value: str, because: str, advice: str) -> Finding:
    return found(path, "forbidden_use", value=value, because=because, advice=advice)


def _hand_on(scheme: Scheme) -> Findings:
    use = forbidden_uses()["transferred"]
    for row, point_type in enumerate(scheme.point_types):
        if point_type.transferable:
            yield refused(("point_type", row, "transferable"), use, "transferable = true")
    for row, benefit in enumerate(scheme.benefits):
        if benefit.claimable:
            yield _forbidden(
                ("benefit", row, "claimable"),
                "claimable = true",
                "a discount by right is the shop's own promise, not money owed to it",
                "set claimable = false, or describe it as an offset",
            )


def _deductions(scheme: Scheme) -> Findings:
    debt = {row.code for row in scheme.point_types if row.negative_balance == "debt"}
    for row, item in enumerate(scheme.items):
        takes = item.deduct is not None or (item.points is not None and item.points < 0)
        if takes and item.point_type in debt:
            yield _forbidden(
                ("item", row, "point_type"),
                item.point_type,
                "a deduction never leaves a person below zero",
                "set negative_balance to forbid or floor_zero; debt is for refunds alone",
            )
        harsh = item.points is not None and item.points < 0
        if harsh and not (item.needs_two_reviewers and item.appeal_days):
            yield _forbidden(
                ("item", row, "points"),
                str(item.points),
                "points are not taken by one person, nor without a way to object",
                "set needs_two_reviewers = true and appeal_days",
            )


def _words(scheme: Scheme) -> Findings:
    deeds: list[tuple[Path, str]] = [
        (("item", row, "name"), item.name)
        for row, item in enumerate(scheme.items)
        if not (item.honour_only and item.mode == "fixed" and item.points == 0)
    ]
    rewards: list[tuple[Path, str]] = [
        *((("reward", row, "name"), reward.name) for row, reward in enumerate(scheme.rewards)),
        *((("benefit", row, "name"), benefit.name) for row, benefit in enumerate(scheme.benefits)),
    ]
    ties = _texts(("stars", "uses"), scheme.stars.uses if scheme.stars else ())
    boards: list[tuple[Path, str]] = []
    if scheme.publicity:
        boards += _texts(("publicity", "columns"), scheme.publicity.columns)
        boards += _texts(("publicity", "boards"), scheme.publicity.boards)
    if scheme.public_ledger:
        boards += _texts(("public_ledger", "fields"), scheme.public_ledger.fields)
    for use in forbidden_uses().values():
        yield from _holding(deeds, use.deeds, use)
        yield from _holding(rewards, use.rewards, use)
        yield from _holding(ties, use.ties, use)
        yield from _holding(boards, use.boards, use)


def _texts(path: Path, texts: Iterable[str]) -> list[tuple[Path, str]]:
    return [((*path, row), text) for row, text in enumerate(texts)]


def _holding(
    places: Iterable[tuple[Path, str]], words: Sequence[str], use: ForbiddenUse
) -> Findings:
    for path, text in places:
        if any(word in text for word in words):
            yield refused(path, use, text)


def _codes(scheme: Scheme) -> Findings:
    places = _texts(("budget", "funding"), scheme.budget.funding)
    for path, code in places:
        use = use_behind_value(code)
        if use is not None:
            yield refused(path, use, code)


def _wall(scheme: Scheme) -> Findings:
    """One point is one yuan: spending points per person publish what a family spends."""
    publicity = scheme.publicity
    if publicity is None:
        return
    if publicity.show_reason_for_deduction:
        use = forbidden_uses()["board"]
        place: Path = ("publicity", "show_reason_for_deduction")
        yield refused(place, use, "show_reason_for_deduction = true")
    for code in sorted({rule.point_type for rule in scheme.spend_rules}):
        if publicity.point_type in (None, code) or code not in publicity.totals_only:
            yield _forbidden(
                ("publicity",),
                code,
                "points from spending, shown per person, publish what a family spends",
                "name it in totals_only, and set point_type to the one earned by deeds",
            )


def _rights(scheme: Scheme) -> Findings:
    if not scheme.privacy.consent_required:
        yield _forbidden(
            ("privacy", "consent_required"),
            "consent_required = false",
            "taking part is voluntary and can be ended at any time",
            "set consent_required = true",
        )
    expiry = scheme.expiry
    if expiry.policy != "none" and len(set(expiry.notice_days)) < _FEWEST_NOTICES:
        yield _forbidden(
            ("expiry", "notice_days"),
            f"policy = {expiry.policy}",
            "points never lapse before two notices have gone out",
            "name at least two numbers of days, such as [90, 30]",
        )
