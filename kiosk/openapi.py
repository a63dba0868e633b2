"""The API's description as OpenAPI 3.1, made from the types the calls are checked with."""

from __future__ import annotations

from typing import Any, Final, cast

from flask import current_app
from flask_openapi import OpenAPI

from kiosk.problems import MEDIA_TYPE

_PROBLEM: Final = {
    "description": "Refused; `code` says why and `detail` what to do next",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemModel"}}},
}


def document_of() -> dict[str, Any]:
    """The description of the app that serves this request."""
    document: dict[str, Any] = cast("OpenAPI", current_app).api_doc
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _PROBLEM
    return document
