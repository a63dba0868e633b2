"""The till's and the counter's pages: one built app, and the worker that keeps it on the tablet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, current_app, request, send_file, send_from_directory

from kiosk.auth import allow
from kiosk.context import service
from kiosk.gates import POLICY
from kiosk.tls import files_in
from ledger.errors import Refusal
from ledger.members.roles import ANYONE

bp: Final = Blueprint("shells", __name__)

_CHROMIUM: Final = re.compile(r"Chrom(?:e|ium)/(\d+)")
_KNOWS_WASM: Final = 97
# Before 97 Chromium has no word of its own for wasm; the code reader starts only under the wider one.
_OLD_POLICY: Final = POLICY.replace("'wasm-unsafe-eval'", "'unsafe-eval'")


@bp.get("/till")
@allow(ANYONE)
def till() -> Response:
    """The till, for a shop's phone or tablet."""
    return _shell()


@bp.get("/counter")
@allow(ANYONE)
def counter() -> Response:
    """The counter of the points supermarket: the same app in its other guise."""
    return _shell()


@bp.get("/kiosk")
@allow(ANYONE)
def kiosk() -> Response:
    """The screen residents use by themselves: a page of its own, without any of the staff's menus."""
    return with_wasm_policy(_built("kiosk.html"))


@bp.get("/sw_kiosk.js")
@allow(ANYONE)
def kiosk_worker() -> Response:
    """The worker that keeps the residents' screen on the tablet."""
    return _built("sw_kiosk.js")


@bp.get("/sw.js")
@allow(ANYONE)
def worker() -> Response:
    """The worker; it lies at the root because it may keep only what lies below it."""
    return _built("sw.js")


@bp.get("/ca.crt")
@allow(ANYONE)
def authority() -> Response:
    """The local authority's certificate, for tablets to trust where the office has its own."""
    path = files_in(service().settings.data_dir / "tls").authority
    if not path.is_file():
        raise Refusal("route_not_found")
    return send_file(path.resolve(), mimetype="application/x-x509-ca-cert", max_age=0)


def _shell() -> Response:
    return with_wasm_policy(_built("index.html"))


def with_wasm_policy(page: Response) -> Response:
    """A page of the built app, with the policy under which this browser starts the code reader."""
    version = _CHROMIUM.search(request.headers.get("User-Agent", ""))
    if version is not None and int(version[1]) < _KNOWS_WASM:
        page.headers["Content-Security-Policy"] = _OLD_POLICY
    return page


def _built(name: str) -> Response:
    folder = Path(current_app.static_folder or "") / "app"
    if not (folder / name).is_file():
        raise Refusal("till_not_built")
    return send_from_directory(folder, name, max_age=0)
