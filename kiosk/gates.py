"""What every request passes before a view and every answer after it: size, origin, pace, rights, headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from kiosk.auth import OPEN_ENDPOINTS, Actor, authorise, find_actor
from kiosk.context import service
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.recovery.told import PATHS, Told, mark_of

REQUEST_ID: Final = "Jifen-Request-Id"
DENIED: Final = "Jifen-Denied"
"""On an answer that never reached its view, whatever page or document it is: the code."""
SERVER_TIME: Final = "Jifen-Time"
TOLD: Final = "Jifen-Told"
"""On the answer to a till's write: the server's own mark on it (`ledger.recovery.told`)."""
API: Final = "/api/"

_GIVEN_ID: Final = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY: Final = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:;"
    " media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
_FIRST_NO: Final = 300
_LARGE: Final = frozenset({"/api/v1/recovery/lines", "/api/v1/shop/claims"})
"""Calls that carry what was itself a whole body once: a till's filed day, a shop's list."""
_YEAR_S: Final = 31_536_000
_RAW: Final = "jifen_raw_body"

View = TypeVar("View", bound=Callable[..., object])


def install(app: Flask) -> None:
    """Put the gates in front of and behind every view of `app`."""
    app.before_request(name_request)
    app.before_request(check_size)
    app.before_request(check_origin)
    app.before_request(check_rights)
    app.before_request(check_json)
    app.after_request(add_headers)


def raw_body(view: View) -> View:
    """Mark a view of the API that reads the body's bytes itself, such as a signed notice."""
    setattr(view, _RAW, True)
    return view


def takes_raw_body(view: Callable[..., object]) -> bool:
    """Whether `raw_body` marked the view."""
    return bool(getattr(view, _RAW, False))


def is_api() -> bool:
    """Whether a program is asking; people get pages."""
    return request.path.startswith(API)


def name_request() -> None:
    """Give the request a name for the log and for people on the telephone, or keep the one it has."""
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if _GIVEN_ID.fullmatch(given) else new_request_id(service().now())


def check_size() -> None:
    """Refuse a body that is too large before a byte of it is read.

    Refusals: body_too_large.
    """
    limit_kb = service().settings.upload_limit_kb
    if is_api() and request.path not in _LARGE:
        limit_kb = service().settings.body_limit_kb
        request.max_content_length = limit_kb * 1024
    if (request.content_length or 0) > limit_kb * 1024:
        raise Refusal("body_too_large", limit_kb=limit_kb)


def check_origin() -> None:
    """Refuse a form or script of another site that uses the visitor's cookie.

    A request with neither header comes from no browser and carries no cookie it did not mean to.
    Refusals: cross_site.
    """
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise Refusal("cross_site")
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Refusal("cross_site")


def check_rights() -> None:
    """Settle who is asking and whether they may (see `kiosk.auth`), and count the call.

    A till or a person is counted by who they are, so that a whole street behind one address does
    not share one measure; strangers and failures are counted by address.
    Refusals: those of `authorise`, too_many_requests.
    """
    endpoint = request.endpoint
    if endpoint is None or endpoint in OPEN_ENDPOINTS:
        return
    at, address = service().now(), f"address {request.remote_addr}"
    try:
        authorise(current_app.view_functions[endpoint])
    except Refusal as refusal:
        g.denied = refusal.code
        service().limits.check(address, at=at)
        raise
    found = find_actor()
    service().limits.check(address if found is None else f"{found.kind} {found.id}", at=at)


def check_json() -> None:
    """Refuse a body of the API that is not a JSON object, before its values are looked at.

    Refusals: media_not_supported, not_json.
    """
    if request.endpoint is None or not is_api() or request.method in _SAFE_METHODS:
        return
    if takes_raw_body(current_app.view_functions[request.endpoint]):
        return
    if request.mimetype != "application/json":
        raise Refusal("media_not_supported")
    if not isinstance(request.get_json(), dict):
        raise Refusal("not_json")


def add_headers(response: Response) -> Response:
    """Time, name and protection on every answer."""
    response.headers[REQUEST_ID] = g.request_id
    at_ms = service().now() // 1_000
    response.headers[SERVER_TIME] = str(at_ms)
    if "denied" in g:
        response.headers[DENIED] = g.denied
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if service().settings.public_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif "/assets/" in request.path:
        # The build names these files by their content.
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
    found = find_actor()
    if found is not None:
        response.headers["Vary"] = "Cookie, Authorization"
        _mark_answer(response, found, at_ms)
    return response


def _mark_answer(response: Response, found: Actor, at_ms: int) -> None:
    """Mark what a till is told of a write, so that this server knows its own answer after a loss."""
    is_write = request.method == "POST" and request.path in PATHS
    if found.terminal_id is None or not is_write or response.status_code >= _FIRST_NO:
        return
    told = Told(
        community_id=found.community_id,
        terminal_id=found.terminal_id,
        path=request.path,
        at_ms=at_ms,
        body=request.get_json(),
        answer=response.get_data(as_text=True),
    )
    response.headers[TOLD] = mark_of(told, service().told_key)
