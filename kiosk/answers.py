"""How a refusal or a fault is answered: problem+json for programs, a sentence on a page for people."""

from __future__ import annotations

import json
import logging
from typing import Any, Final
from urllib.parse import quote

from flask import Flask, Response, g, redirect, render_template, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as BaseResponse

from kiosk.auth import point_decimals
from kiosk.gates import is_api
from kiosk.pages import page_language
from kiosk.problems import MEDIA_TYPE, known, problem, sentence
from kiosk.texts import mark, translator
from ledger.errors import GuardMissedError, Refusal

_LOG: Final = logging.getLogger("jifen")
_SIGN_IN_CODES: Final = frozenset({"not_signed_in", "session_ended"})
_SIGN_IN_PAGES: Final = frozenset({"office", "me", "merchant"})
_CODES: Final = {
    400: "not_json",
    404: "route_not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "media_not_supported",
    500: "server_error",
}
_LONGEST_FIELD: Final = 100

_REASONS: Final = {
    "missing": mark("this field is missing"),
    "extra_forbidden": mark("there is no such field"),
    "int_type": mark("a whole number is wanted, without quotes or decimals"),
    "int_parsing_size": mark("the number is too large"),
    "bool_type": mark("true or false is wanted"),
    "string_type": mark("text is wanted"),
    "list_type": mark("a list is wanted"),
    "dict_type": mark("an object is wanted"),
    "model_type": mark("an object is wanted"),
    "greater_than_equal": mark("the number is too small"),
    "less_than_equal": mark("the number is too large"),
    "string_too_short": mark("the text is too short"),
    "string_too_long": mark("the text is too long"),
    "too_long": mark("there are too many of them"),
    "too_short": mark("there are too few of them"),
    "string_pattern_mismatch": mark("the text is not of the form wanted here"),
    "literal_error": mark("this word is not one of those allowed here"),
    "id_text": mark("an id is a number written as text"),
    "time_with_zone": mark("a time looks like 2026-03-02T09:15:00+08:00"),
    "day": mark("a day looks like 2026-03-02"),
    "count_text": mark("a whole number is wanted"),
    "plain_text": mark("the text holds signs that cannot be printed"),
}
_OTHERWISE: Final = mark("the value is not of the kind wanted here")


def install(app: Flask) -> None:
    """Answer every refusal and fault of `app` in one place."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(GuardMissedError, outrun)
    app.register_error_handler(HTTPException, http_fault)
    app.register_error_handler(InternalServerError, fault)


def refused(refusal: Refusal) -> BaseResponse:
    """Answer a rule's no."""
    wants_page = "text/html" in request.headers.get("Accept", "text/html")
    if is_api() or not wants_page:
        return _problem(refusal)
    area = request.path.split("/")[1]
    may_sign_in = refusal.code in _SIGN_IN_CODES and area in _SIGN_IN_PAGES
    if may_sign_in and request.method == "GET":
        return redirect(f"/{area}/sign-in?next={quote(request.full_path.rstrip('?'))}", 303)
    status = known(refusal.code).status
    return Response(_page(refusal, status), status=status)


def outrun(error: GuardMissedError) -> BaseResponse:
    """Answer a write that others were quicker than, again and again."""
    _LOG.warning("guard %s was missed until the last try, request %s", error.guard, g.request_id)
    return refused(Refusal("server_busy"))


def http_fault(error: HTTPException) -> BaseResponse:
    """Answer what Flask itself refuses: no such address, not this method, too large."""
    code = _CODES.get(error.code or 500, "request_bad")
    limit_kb = (request.max_content_length or 0) // 1024
    response = refused(Refusal(code, limit_kb=limit_kb))
    if code == "method_not_allowed":
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return response


def fault(error: InternalServerError) -> BaseResponse:
    """Answer a bug of ours: the log has everything, the caller a request id."""
    _LOG.error("request %s failed", g.get("request_id"), exc_info=error.original_exception)
    return refused(Refusal("server_error"))


def invalid_input(error: ValidationError) -> Response:
    """Answer fields that are missing, unknown or of the wrong kind, each by name."""
    errors = [_field(detail) for detail in error.errors(include_url=False, include_input=False)]
    return _problem(Refusal("bad_input", count=len(errors)), errors=errors)


def _field(detail: Any) -> dict[str, str]:  # noqa: ANN401 - pydantic's ErrorDetails
    field = ".".join(str(part)[:_LONGEST_FIELD] for part in detail["loc"])
    reason = _REASONS.get(detail["type"], _OTHERWISE)
    return {"field": field, "reason": translator("zh")(reason), "reason_en": reason}


def _problem(refusal: Refusal, **more: object) -> Response:
    decimals = point_decimals(refusal)
    body = problem(refusal, request_id=g.request_id, precision=decimals)
    text = json.dumps(body | more, ensure_ascii=False)
    response = Response(text, status=body["status"], content_type=MEDIA_TYPE)
    if refusal.code in {"too_many_requests", "sign_in_locked"}:
        response.headers["Retry-After"] = str(refusal.facts.get("wait_s", 1))
    return response


def _page(refusal: Refusal, status: int) -> str:
    said = sentence(refusal, page_language(), precision=point_decimals(refusal))
    return render_template("problem.html", sentence=said, status=status, request_id=g.request_id)
