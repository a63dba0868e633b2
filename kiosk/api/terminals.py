"""A tablet becomes a till: its own key for a code from the office."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from flask import Response, jsonify
from flask_openapi import APIBlueprint
from pydantic import StringConstraints

from kiosk.api.types import Secret, Strict
from kiosk.auth import allow
from kiosk.context import service
from ledger.members import communities, merchants, terminals
from ledger.members.roles import ANYONE
from ledger.seal import keys
from ledger.sql import Tx

bp: Final = APIBlueprint("terminals", __name__, url_prefix="/api/v1/terminals")

Coordinate = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]


class PublicKey(Strict):
    """The public half of the key the tablet made for itself."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate


class Enrolment(Strict):
    """The community's code, the twelve characters from the office, and the tablet's key."""

    community: Annotated[str, StringConstraints(min_length=4, max_length=4)]
    code: Secret
    public_jwk: PublicKey


@bp.post("/enrol")
@allow(ANYONE)
def enrol(body: Enrolment) -> tuple[Response, int]:
    """Enrol this tablet with a code that is good once and for ten minutes."""
    at = service().now()

    def work(tx: Tx) -> dict[str, Any]:
        community_id = int(communities.get_by_issuer(tx, body.community).community_id)
        jwk = body.public_jwk.model_dump()
        terminal = terminals.enrol(tx, community_id, body.code, jwk, at=at)
        branches = {branch.branch_id: branch for branch in merchants.all_branches(tx, community_id)}
        return {
            "terminal_id": str(terminal.terminal_id),
            "terminal_code": terminal.code,
            "community_id": str(community_id),
            "merchant_name": merchants.get_merchant(tx, community_id, terminal.merchant_id).name,
            "branch_name": branches[terminal.branch_id].name,
            "kind": terminal.kind,
            "log": _log(tx, community_id),
        }

    return jsonify(service().db.write(work)), 201


def _log(tx: Tx, community_id: int) -> dict[str, Any] | None:
    """What the tablet pins of the community's log, in the office; None before the log has a key."""
    known = keys.verifiers(tx, community_id)
    return {"origin": known[0].name, "keys": [key.text for key in known]} if known else None
