"""Refusals as people and programs read them: one sentence in two languages, problem+json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from kiosk.refusals import REFUSALS
from kiosk.refusals.known import Known
from kiosk.texts import Translate, mark, translator
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.units import points_text, yuan_text

MEDIA_TYPE: Final = "application/problem+json"

_UNNAMED: Final = Known(
    409, mark("This was refused ({code}). Tell the office this word and the request number.")
)
_TITLES: Final = {
    200: mark("Done already"),
    400: mark("Not readable"),
    401: mark("Sign in first"),
    402: mark("Not paid"),
    403: mark("Not allowed"),
    404: mark("Not found"),
    405: mark("Not possible here"),
    409: mark("Does not fit what is booked"),
    410: mark("No longer valid"),
    413: mark("Too much at once"),
    415: mark("Not this kind of content"),
    421: mark("Wrong address"),
    422: mark("Please correct"),
    423: mark("Locked"),
    429: mark("Too fast"),
    500: mark("Our fault"),
    503: mark("Not now"),
}
_NEXT: Final = {
    200: "none",
    400: "change",
    401: "sign_in",
    402: "change",
    403: "ask",
    404: "check",
    405: "change",
    409: "check",
    410: "ask",
    413: "change",
    415: "change",
    421: "change",
    422: "change",
    423: "ask",
    429: "wait",
    500: "retry",
    503: "retry",
}
_LOCAL: Final = ZoneInfo("Asia/Shanghai")
_SAFE_INTEGER: Final = 2**53
_HUNDREDTHS: Final = 2


def known(code: str) -> Known:
    """Status and sentence of a refusal's code; a code nobody described is a 409 naming itself."""
    return REFUSALS.get(code, _UNNAMED)


def sentence(
    refusal: Refusal, language: str, *, zone: tzinfo = _LOCAL, precision: int = _HUNDREDTHS
) -> str:
    """The refusal in one language, with its facts as people write them.

    `precision`: the decimals of the community's points, in whose smallest unit every `_units` is.
    """
    translate = translator(language)
    facts = _Facts(code=refusal.code)
    facts |= {
        name: points_text(fact, precision)
        if isinstance(fact, int) and name.endswith("_units")
        else _shown(name, fact, translate, zone)
        for name, fact in refusal.facts.items()
    }
    return translate(known(refusal.code).sentence).format_map(facts)


def problem(
    refusal: Refusal, *, request_id: str, zone: tzinfo = _LOCAL, precision: int = _HUNDREDTHS
) -> dict[str, Any]:
    """The body of a problem+json answer."""
    entry = known(refusal.code)
    return {
        "type": f"/problems/{refusal.code}",
        "title": translator("zh")(_TITLES[entry.status]),
        "status": entry.status,
        "code": refusal.code,
        "detail": sentence(refusal, "zh", zone=zone, precision=precision),
        "detail_en": sentence(refusal, "en", zone=zone, precision=precision),
        "next": entry.next or _NEXT[entry.status],
        "facts": {name: _plain(name, fact) for name, fact in refusal.facts.items()},
        "request_id": request_id,
    }


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


def _shown(name: str, fact: int | str | None, translate: Translate, zone: tzinfo) -> str:
    if fact is None:
        return "…"
    if isinstance(fact, str):
        return translate(fact)
    for endings, show in _WRITTEN.items():
        if name.endswith(endings):
            return show(fact, zone)
    return str(fact)


def _day_text(day: int, _zone: tzinfo) -> str:
    return f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}"


def _time_text(at: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at / SECOND_US, UTC).astimezone(zone).strftime("%m-%d %H:%M")


_WRITTEN: Final[Mapping[tuple[str, ...], Callable[[int, tzinfo], str]]] = {
    ("_fen",): lambda fen, _zone: yuan_text(fen),
    ("_date", "_day"): _day_text,
    ("_at",): _time_text,
}


def _plain(name: str, fact: int | str | None) -> int | str | None:
    # A number beyond 2^53 would be rounded by the till's JavaScript.
    if isinstance(fact, int) and (name.endswith("_id") or abs(fact) >= _SAFE_INTEGER):
        return str(fact)
    return fact
