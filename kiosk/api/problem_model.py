"""The body of every refused call, as the API's description shows it (RFC 9457)."""

from __future__ import annotations

from pydantic import BaseModel


class FieldProblem(BaseModel):
    """One field that is missing, unknown or of the wrong kind."""

    field: str
    reason: str
    reason_en: str


class ProblemModel(BaseModel):
    """Why a call was refused and what to do next."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    detail_en: str
    next: str
    facts: dict[str, int | str | None]
    request_id: str
    errors: list[FieldProblem] = []
