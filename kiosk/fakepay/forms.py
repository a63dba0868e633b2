"""Reads form bodies and query strings: `a[b]` and `a[0]` unfolded, every field checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kiosk.fakepay.errors import ApiError

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_INNER: Final = re.compile(r"\[([^\[\]]*)\]")
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")

Form = Mapping[str, Any]


def unfold(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Build the nested value a list of pairs stands for."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            raise ApiError(400, f"Invalid parameter name: {name}", param=name)
        place, path = tree, [match[1], *_INNER.findall(match[2])]
        for step in path[:-1]:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                raise ApiError(400, f"{name} is both a value and a group", param=name)
            place = inner
        place[path[-1] or str(len(place))] = value
    return tree


def check_names(form: Form, known: Iterable[str]) -> None:
    """Refuse a field this request does not have."""
    for name in form:
        if name not in (*known, "expand"):
            raise ApiError(
                400,
                f"Received unknown parameter: {name}",
                code="parameter_unknown",
                param=name,
            )


def needed(form: Form, name: str) -> Any:  # noqa: ANN401 - text or group, as sent
    """A field that must be there."""
    if form.get(name) in (None, ""):
        raise ApiError(
            400, f"Missing required param: {name}.", code="parameter_missing", param=name
        )
    return form[name]


def whole(form: Form, name: str, default: int | None = None) -> int:
    """A whole number."""
    value = needed(form, name) if default is None else form.get(name, str(default))
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise ApiError(
            400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name
        )
    return int(value)


def amount_of(form: Form) -> int:
    """A positive amount in fen."""
    amount = whole(form, "amount")
    if amount <= 0:
        raise ApiError(
            400,
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    return amount


def check_currency(form: Form) -> None:
    """This channel knows yuan only."""
    currency = needed(form, "currency")
    if currency != "cny":
        raise ApiError(400, f"Invalid currency: {currency}", param="currency")


def truth(form: Form, name: str) -> bool:
    """`true` or `false`; absent means false."""
    value = form.get(name, "false")
    if value not in ("true", "false"):
        raise ApiError(400, f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def metadata_of(form: Form) -> dict[str, str]:
    """The marks a client puts on an object: at most 50, short names, texts of 500 characters."""
    marks = form.get("metadata") or {}
    if not isinstance(marks, dict) or len(marks) > 50:  # noqa: PLR2004 - the published limits
        raise ApiError(400, "Invalid metadata", param="metadata")
    for name, value in marks.items():
        if not isinstance(value, str) or len(name) > 40 or len(value) > 500:  # noqa: PLR2004
            raise ApiError(400, f"Invalid metadata: {name}", param=f"metadata[{name}]")
    return dict(marks)


def listed(form: Form, name: str) -> list[str]:
    """A list of texts: `a[0]=x`, `a[]=x`."""
    value = form.get(name) or {}
    if not isinstance(value, dict):
        raise ApiError(400, "Invalid array", param=name)
    return [str(inner) for inner in value.values()]
