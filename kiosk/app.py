"""The Flask app: every part registered by name, every request led past the same gates."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

from flask import Blueprint, Flask, Response, g, jsonify
from flask_openapi import APIBlueprint, Info, OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

from kiosk import answers, gates, logs, packed
from kiosk.api.problem_model import ProblemModel
from kiosk.auth import CLERK_SECRET, allow, check_every_route_is_marked
from kiosk.config import Settings
from kiosk.context import EXTENSION, Service, pepper_of
from kiosk.json_strict import StrictJson
from kiosk.limits import Limits
from kiosk.openapi import document_of
from ledger.clock import now_us
from ledger.database import Database
from ledger.members.hashing import STANDARD, Cost
from ledger.members.key_vault import KeyVault
from ledger.members.roles import ANYONE
from ledger.members.terms import TermsCache
from pos.channel import PaymentChannel
from pos.desk import Desk

PARTS: Final = (
    "kiosk.api.terminals",
    "kiosk.api.clerks",
    "kiosk.api.till",
    "kiosk.api.offline",
    "kiosk.api.shifts",
    "kiosk.api.amounts",
    "kiosk.api.sales",
    "kiosk.api.refunds",
    "kiosk.api.claims",
    "kiosk.api.shop_claims",
    "kiosk.api.redemptions",
    "kiosk.api.counter",
    "kiosk.api.vouchers",
    "kiosk.api.counter_visits",
    "kiosk.api.self_service",
    "kiosk.api.recovery",
    "kiosk.api.webhooks",
    "kiosk.api.keys",
    "kiosk.api.log",
    "kiosk.api.tlog",
    "kiosk.shells",
    "kiosk.pages",
    "kiosk.check",
    "kiosk.board",
    "kiosk.resident.views",
    "kiosk.resident.proof",
    "kiosk.resident.amount",
    "kiosk.resident.spare",
    "kiosk.resident.goods",
    "kiosk.resident.vouchers",
    "kiosk.resident.bills",
    "kiosk.resident.household",
    "kiosk.resident.mandates",
    "kiosk.resident.consent",
    "kiosk.resident.misuse",
    "kiosk.resident.not_ours",
    "kiosk.resident.pin",
    "kiosk.merchant.views",
    "kiosk.merchant.services",
    "kiosk.merchant.tills",
    "kiosk.merchant.objections",
    "kiosk.merchant.days",
    "kiosk.office.views",
    "kiosk.voice.views",
)
"""Every module with a blueprint called `bp`."""


def create_app(
    db: Database,
    settings: Settings,
    channel: PaymentChannel | None,
    *,
    vault: KeyVault | None = None,
    now: Callable[[], int] = now_us,
    hash_cost: Cost = STANDARD,
) -> Flask:
    """The whole server as a WSGI app; it fails to start where a route says nothing of who may use it.

    Refusals: keys_master_missing, keys_master_open.
    """
    app = OpenAPI(
        "kiosk",
        info=Info(title="Jifen", version="1"),
        doc_ui=False,
        validation_error_model=ProblemModel,
        validation_error_callback=answers.invalid_input,
    )
    app.openapi_version = "3.1.0"
    app.json = StrictJson(app)
    app.config["MAX_CONTENT_LENGTH"] = settings.upload_limit_kb * 1024
    app.extensions[EXTENSION] = _service(db, settings, channel, vault, now, hash_cost)
    # First, so that it comes last: what the others say of an answer stands by then.
    packed.install(app)
    logs.install(app)
    gates.install(app)
    answers.install(app)
    _register(app)
    app.add_url_rule("/api/v1/openapi.json", view_func=openapi_document)
    app.add_url_rule("/healthz", view_func=health)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # the documented way to add middleware
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    check_every_route_is_marked(app)
    return app


@allow(ANYONE)
def openapi_document() -> Response:
    """The API's own description, OpenAPI 3.1."""
    return jsonify(document_of())


@allow(ANYONE)
def health() -> Response:
    """Whether the server answers; it says nothing about what it holds."""
    return jsonify({"ok": True, "request_id": g.request_id})


def _service(
    db: Database,
    settings: Settings,
    channel: PaymentChannel | None,
    vault: KeyVault | None,
    now: Callable[[], int],
    hash_cost: Cost,
) -> Service:
    opened = vault or KeyVault.from_file(settings.master_secret_file)
    desk = Desk(db=db, terms=TermsCache(), pepper=pepper_of(opened), channel=channel)
    return Service(
        db=db,
        settings=settings,
        channel=channel,
        now=now,
        vault=opened,
        desk=desk,
        limits=Limits(settings.requests_a_minute),
        clerk_secret=opened.derive(CLERK_SECRET),
        hash_cost=hash_cost,
    )


def _register(app: OpenAPI) -> None:
    for name in PARTS:
        if not _exists(name):
            logging.getLogger(__name__).warning("part %s is not there", name)
            continue
        bp: Blueprint | APIBlueprint = importlib.import_module(name).bp
        if isinstance(bp, APIBlueprint):
            app.register_api(bp)
        else:
            app.register_blueprint(bp)


def _exists(name: str) -> bool:
    package, _, _ = name.rpartition(".")
    return find_spec(package) is not None and find_spec(name) is not None
