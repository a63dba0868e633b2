"""The clips for the screens: the community's own where it put some, else the standard ones."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, current_app, jsonify

from kiosk.auth import allow
from kiosk.context import service
from kiosk.voice.clips import chosen, clip_file
from ledger.members.roles import ANYONE

bp: Final = Blueprint("voice", __name__)

_KINDS: Final = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}


@bp.get("/voice/manifest.json")
@allow(ANYONE)
def manifest() -> Response:
    """Where each clip is fetched; a clip that is nowhere is not named, and a tone stands for it."""
    local, standard = _folders()
    return jsonify({"clips": {name: f"/voice/{name}" for name in chosen(local, standard)}})


@bp.get("/voice/<string:name>")
@allow(ANYONE)
def clip(name: str) -> Response:
    """One clip."""
    local, standard = _folders()
    file = clip_file(local, standard, name)
    return Response(file.read_bytes(), mimetype=_KINDS[file.suffix])


def _folders() -> tuple[Path, Path]:
    return service().settings.data_dir / "voice", Path(current_app.static_folder or "") / "voice"
