"""Shifts as the till signs them, and how the tablet itself is doing."""

from __future__ import annotations

from typing import Annotated, Any, Final

from flask_openapi import APIBlueprint
from pydantic import Field, StringConstraints

from kiosk.api.here import till
from kiosk.api.types import Count, Line, Moment, Strict
from kiosk.auth import allow
from kiosk.context import service
from ledger.members.terminal_health import Health, keep_health
from pos.shifts import take_entry

bp: Final = APIBlueprint("shifts", __name__, url_prefix="/api/v1")

_DAY_MS: Final = 86_400_000


class EntryBody(Strict):
    """One opening or closing, signed by the tablet."""

    line: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class HealthBody(Strict):
    """What a tablet says of itself; it names nobody."""

    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,40}$")]
    battery_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    charging: bool | None = None
    waiting: Count
    clock_ahead_ms: Annotated[int, Field(ge=-400 * _DAY_MS, le=400 * _DAY_MS)]
    secure: bool
    synced_at: Moment | None = None
    tested_at: Moment | None = None
    test_failed: Annotated[tuple[Line, ...], Field(max_length=10, strict=False)] = ()


@bp.post("/shifts")
@allow("till.read")
def file_shift_entry(body: EntryBody) -> tuple[dict[str, Any], int]:
    """Keep an opening or closing; the same entry again gives the same answer."""
    here = till()
    answer = take_entry(
        service().db, here.community_id, here.terminal_id, body.line, at=service().now()
    )
    return answer, 201


@bp.post("/terminals/health")
@allow("till.read")
def tell_health(body: HealthBody) -> dict[str, Any]:
    """Keep how the tablet is doing; the newest word counts alone."""
    here, at = till(), service().now()
    health = Health(**body.model_dump())
    service().db.write(
        lambda tx: keep_health(tx, here.community_id, here.terminal_id, health, at=at)
    )
    return {"seen": True}
