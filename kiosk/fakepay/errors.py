"""What the fake channel says no with."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An error answer in Stripe's shape; `saved` says whether the key remembers it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        **more: Any,  # noqa: ANN401 - further fields of the JSON object
    ) -> None:
        """Build the error object."""
        super().__init__(message)
        self.status = status
        parts = {"type": kind, "message": message, "code": code, "param": param, **more}
        self.body = {"error": {name: value for name, value in parts.items() if value is not None}}


def missing(kind: str, object_id: str) -> ApiError:
    """No object of that kind has that id."""
    return ApiError(404, f"No such {kind}: '{object_id}'", code="resource_missing", param="id")
