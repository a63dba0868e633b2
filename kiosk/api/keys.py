"""The community's public keys (JWKS, RFC 7517), for tills and for anybody who wants to check a code."""

from __future__ import annotations

from typing import Annotated, Final

from flask import Response, jsonify
from flask_openapi import APIBlueprint
from pydantic import StringConstraints

from kiosk.api.types import Strict
from kiosk.auth import allow
from kiosk.context import service
from ledger.members import communities
from ledger.members.keys import published_keys
from ledger.members.roles import ANYONE

bp: Final = APIBlueprint("keys", __name__, url_prefix="/api/v1/keys")

_HOUR_S: Final = 3_600


class Issuer(Strict):
    """The community's four characters."""

    issuer: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{4}$")]


@bp.get("/<issuer>")
@allow(ANYONE)
def keys(path: Issuer) -> Response:
    """The keys that are neither retired nor ended."""
    with service().db.read() as tx:
        community_id = int(communities.get_by_issuer(tx, path.issuer).community_id)
        response = jsonify(published_keys(tx, community_id, at=service().now()))
    response.headers["Cache-Control"] = f"public, max-age={_HOUR_S}"
    return response
