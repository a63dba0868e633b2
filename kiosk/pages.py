"""What every server page shares: its language, amounts and times as people write them, form numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, render_template, request
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from kiosk.auth import allow, point_decimals
from kiosk.problems import known, sentence
from kiosk.texts import LANGUAGES, language_for, mark, translator
from ledger.clock import SECOND_US, now_us
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members.roles import ANYONE
from ledger.units import points_text, yuan_text

bp: Final = Blueprint("pages", __name__)

_COOKIE: Final = "jifen_lang"
_COOKIE_LIFE_S: Final = 365 * 86_400
_LOCAL: Final = ZoneInfo("Asia/Shanghai")
# Server pages need no wasm; the signs in select boxes are pictures within the style sheet.
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
_MINUS: Final = "\u2212"

_SAID: Final[dict[str, str]] = {}


def can_say(sentences: Mapping[str, str]) -> None:
    """Name what a page may say after an act: the word in its address, and the English sentence."""
    _SAID.update(sentences)


# --- language


def page_language() -> str:
    """The language of this request: asked for in the address, chosen before, or the browser's."""
    asked = request.args.get("lang") or request.cookies.get(_COOKIE) or ""
    return asked if asked in LANGUAGES else language_for(request.headers.get("Accept-Language", ""))


def say(text: str) -> str:
    """An English sentence in the language of this request."""
    return translator(page_language())(text)


def other_language_url() -> str:
    """This page in the other language; the answer to a form leads back to the form's page."""
    address = request.path if request.method == "GET" else (request.referrer or request.path)
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in {"lang", "said"}]
    return f"{address.partition('?')[0]}?{urlencode([*kept, ('lang', _other_language())])}"


def other_language_name() -> str:
    """The other language's name as its own readers write it."""
    name = mark("English") if _other_language() == "en" else mark("Chinese")
    return translator(_other_language())(name)


def _other_language() -> str:
    return "zh" if page_language() == "en" else "en"


# --- numbers and times as people write them


def points(units: int, precision: int = 2) -> str:
    """Units as points with the decimals of their kind, two for civic points."""
    return _grouped(points_text(units, precision))


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals."""
    return _grouped(yuan_text(fen))


def _grouped(text: str) -> str:
    """`-1234567.89` with commas and a true minus: long sums are read by their commas."""
    whole, _, decimals = text.removeprefix("-").partition(".")
    sign = _MINUS if text.startswith("-") else ""
    return f"{sign}{int(whole):,}{'.' if decimals else ''}{decimals}"


def signed_points(units: int, precision: int = 2) -> str:
    """Units with their sign, which is never left to colour alone."""
    return f"+{points(units, precision)}" if units > 0 else points(units, precision)


def signed_yuan(fen: int) -> str:
    """Fen with their sign."""
    return f"+{yuan(fen)}" if fen > 0 else yuan(fen)


def whole_points(units: int) -> str:
    """Units as points, without decimals where there are none."""
    return points(units).removesuffix(".00")


def day_text(number: int | None) -> str:
    """20260302 -> 2026-03-02."""
    return (
        "" if not number else f"{number // 10_000:04d}-{number // 100 % 100:02d}-{number % 100:02d}"
    )


def month_text(number: int) -> str:
    """202603 -> 2026-03."""
    return f"{number // 100:04d}-{number % 100:02d}"


def moment(at: int | None) -> str:
    """A time (microseconds UTC) on the community's clock, to the minute."""
    return "" if not at else _local(at).strftime("%Y-%m-%d %H:%M")


def iso(at: int) -> str:
    """A time (microseconds UTC) for programs."""
    return _local(at).isoformat(timespec="seconds")


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at // SECOND_US, UTC).astimezone(page_zone())


def page_zone() -> tzinfo:
    """The clock of the community whose page this is."""
    terms = g.get("terms")
    zone: tzinfo = _LOCAL if terms is None else terms.community.zone
    return zone


# --- forms and answers


def form_fields() -> Markup:
    """What every form carries: its own number, so that sending it twice does nothing twice."""
    return Markup('<input type="hidden" name="request_id" value="{}">').format(
        new_request_id(now_us())
    )


def page(
    template: str,
    *,
    refusal: Refusal | None = None,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    """A page as a response; a refusal stands at its head and gives the status."""
    refused = None
    if refusal is not None:
        decimals = point_decimals(refusal)
        refused = sentence(refusal, page_language(), zone=page_zone(), precision=decimals)
    html = render_template(template, refused=refused, **values)
    answer = Response(html, status=200 if refusal is None else known(refusal.code).status)
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer


@bp.get("/")
@allow(ANYONE)
def first() -> Response:
    """Where each kind of visitor goes on."""
    return page("first.html")


@bp.app_context_processor
def shared_values() -> dict[str, object]:
    """What every template may use."""
    return {
        "lang": page_language(),
        "said": say(_SAID[word]) if (word := request.args.get("said", "")) in _SAID else None,
        "form_fields": form_fields,
        "other_language_url": other_language_url,
        "other_language_name": other_language_name,
    }


@bp.after_app_request
def keep_language(response: Response) -> Response:
    """Remember a language chosen in the address."""
    chosen = request.args.get("lang")
    if chosen in LANGUAGES:
        response.set_cookie(
            _COOKIE,
            chosen,
            max_age=_COOKIE_LIFE_S,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response


@bp.record_once
def prepare_templates(state: BlueprintSetupState) -> None:
    """Give the templates their texts and their ways of writing figures."""
    app = state.app
    app.jinja_env.add_extension("jinja2.ext.i18n")
    install = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]  # added by the extension
    install(say, lambda one, _many, _n: say(one), newstyle=False)
    for write in (points, yuan, signed_points, signed_yuan, whole_points, moment, iso):
        app.jinja_env.filters[write.__name__] = write
    app.jinja_env.filters |= {"day": day_text, "month": month_text}
