"""Clerks sign in at a till with four digits; the tablet holds the answer until the shift ends."""

from __future__ import annotations

from typing import Final

from flask import Response, jsonify
from flask_openapi import APIBlueprint

from kiosk.api.types import Id, Secret, Strict, moment_text
from kiosk.auth import actor, allow, terms
from kiosk.clerk_tokens import ClerkToken, make_token, shift_end
from kiosk.context import service
from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members.clerks import check_clerk

bp: Final = APIBlueprint("clerks", __name__, url_prefix="/api/v1/clerks")


class SignIn(Strict):
    """Which clerk, and their four digits."""

    clerk_id: Id
    code: Secret


@bp.post("/sign-in")
@allow("till.clerk")
def sign_in(body: SignIn) -> Response:
    """Sign a clerk of this shop in at this till, until four in the morning."""
    till, community = actor(), terms().community
    if till.merchant_id is None or till.terminal_id is None:
        raise LookupError("only a till signs clerks in")
    at = service().now()
    check_clerk(
        service().db,
        community.id,
        till.merchant_id,
        body.clerk_id,
        body.code,
        pepper=service().pepper,
    )
    clerk = terms().clerks.get(body.clerk_id)
    if clerk is None:
        raise Refusal("clerk_not_found")
    expires_at = shift_end(at, community.timezone)
    token = ClerkToken(community.id, till.terminal_id, clerk.clerk_id, expires_at)
    by = By("clerk", clerk.clerk_id, till.by.device)
    service().db.write(
        lambda tx: audit.record(
            tx, community.id, by, "clerk.sign_in", f"clerk:{clerk.clerk_id}", at=at
        )
    )
    return jsonify(
        {
            "clerk_token": make_token(token, service().clerk_secret),
            "clerk_id": str(clerk.clerk_id),
            "label": clerk.label,
            "expires_at": moment_text(expires_at, community.zone),
        }
    )
