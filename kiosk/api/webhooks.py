"""Messages from the payment channel: checked, kept once, and never believed without asking back."""

from __future__ import annotations

from typing import Final

from flask import request
from flask_openapi import APIBlueprint

from kiosk.auth import allow
from kiosk.context import service
from ledger.audit import SYSTEM
from ledger.errors import Refusal
from ledger.members.roles import ANYONE
from pos.channel_events import ChannelEvent, receive
from pos.recovery import recover
from settlement.payout_watch import resolve_unended

PAYOUTS: Final = "payout."
"""How the kinds of events about payouts begin."""

bp = APIBlueprint("webhooks", __name__, url_prefix="/api/v1")


@bp.post("/webhooks/channel")
@allow(ANYONE)
def take_webhook() -> dict[str, str]:
    """Store a signed event once and bring the sales it may speak of to their end; a repeat is answered alike."""
    secret = service().settings.webhook_secret
    if not secret:
        raise Refusal("webhook_bad_signature")
    now = service().now()
    header = request.headers.get("Stripe-Signature", "")
    try:
        event = receive(service().db, request.get_data(), header, [secret], at=now)
    except Refusal as refusal:
        if refusal.code == "webhook_repeated":
            return {"received": "before"}
        raise
    _act_on(event, now)
    return {"received": "now"}


def _act_on(event: ChannelEvent, now: int) -> None:
    # The event only says where to look: what happened is asked from the channel under our own ids.
    channel = service().channel
    if event.community_id and channel is not None:
        recover(service().desk, event.community_id, at=now)
        if event.kind.startswith(PAYOUTS):
            resolve_unended(service().db, channel, event.community_id, by=SYSTEM, at=now)
