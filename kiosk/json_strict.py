"""JSON as we accept it: no key twice, no NaN, no number too long to be meant."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask.json.provider import DefaultJSONProvider


class StrictJson(DefaultJSONProvider):
    """Flask's JSON with a reader that refuses what two readers could understand differently."""

    sort_keys = False
    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ANN401 - the provider's own signature
        """Read a document; ValueError where it is not JSON or ambiguous."""
        try:
            return json.loads(
                s, object_pairs_hook=_object, parse_constant=_refuse_constant, **kwargs
            )
        except RecursionError as error:
            raise ValueError("brackets nested too deep") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
