"""Webhook endpoints and events of the fake channel, as its clients see them."""

from __future__ import annotations

import secrets
from typing import Final

from kiosk.fakepay.bank import Bank
from kiosk.fakepay.errors import ApiError
from kiosk.fakepay.forms import Form, check_names, listed, metadata_of, needed
from kiosk.fakepay.store import Thing

EVERYTHING: Final = ["*"]


def create_endpoint(bank: Bank, form: Form) -> Thing:
    """Answer POST /v1/webhook_endpoints; only this answer tells the secret."""
    check_names(form, ("url", "enabled_events", "description", "metadata", "api_version"))
    url = str(needed(form, "url"))
    if not url.startswith(("http://", "https://")):
        raise ApiError(400, "Invalid URL", code="url_invalid", param="url")
    return add_endpoint(
        bank,
        url=url,
        secret=f"whsec_{secrets.token_hex(16)}",
        enabled_events=listed(form, "enabled_events") or EVERYTHING,
        metadata=metadata_of(form),
    )


def add_endpoint(
    bank: Bank,
    *,
    url: str,
    secret: str,
    enabled_events: list[str],
    metadata: dict[str, str] | None = None,
) -> Thing:
    """Keep an endpoint; one of the same address is replaced, so that a restart adds none."""
    for endpoint in bank.store.each("webhook_endpoint"):
        if endpoint["url"] == url:
            return bank.change(endpoint, secret=secret, enabled_events=enabled_events)
    return bank.make(
        "webhook_endpoint",
        url=url,
        secret=secret,
        enabled_events=enabled_events,
        metadata=metadata or {},
        status="enabled",
    )


def list_endpoints(bank: Bank, form: Form) -> Thing:
    """Answer GET /v1/webhook_endpoints."""
    check_names(form, ("limit", "starting_after"))
    page = bank.page("webhook_endpoint", form, "/v1/webhook_endpoints")
    shown = [
        {name: value for name, value in endpoint.items() if name != "secret"}
        for endpoint in page["data"]
    ]
    return {**page, "data": shown}


def list_events(bank: Bank, form: Form) -> Thing:
    """Answer GET /v1/events."""
    check_names(form, ("limit", "starting_after", "created", "type"))
    kind = form.get("type")
    return bank.page("event", form, "/v1/events", lambda event: kind in (None, event["type"]))


def retrieve_event(bank: Bank, form: Form, event_id: str) -> Thing:
    """Answer GET /v1/events/ID."""
    check_names(form, ())
    return bank.get("event", event_id)
