"""Static files packed on the way, so that a tablet on a weak line loads the till soon."""

from __future__ import annotations

import gzip
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Flask, Response, request

_LEAST_BYTES: Final = 1_000
_PACKED: Final = {".js", ".css", ".html", ".svg", ".wasm", ".webmanifest", ".json"}
_KEPT_FILES: Final = 128


def install(app: Flask) -> None:
    """Pack the app's static files for browsers that take gzip; answers with facts about people are never packed."""
    folder = Path(app.static_folder or "").resolve()

    @app.after_request
    def pack(response: Response) -> Response:
        path = _file_of(folder)
        if path is None or response.status_code != HTTPStatus.OK:
            return response
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"] <= 0 or "Range" in request.headers:
            return response
        response.close()
        response.direct_passthrough = False
        response.set_data(_packed(path, path.stat().st_mtime_ns))
        response.headers["Content-Encoding"] = "gzip"
        tag, _ = response.get_etag()
        if tag:
            response.set_etag(tag, weak=True)
        return response


def _file_of(folder: Path) -> Path | None:
    """The static file this request names, if it is one worth packing."""
    if request.endpoint != "static":
        return None
    path = folder / str((request.view_args or {}).get("filename", ""))
    worth = path.suffix in _PACKED and path.is_file() and path.stat().st_size >= _LEAST_BYTES
    return path if worth else None


@lru_cache(maxsize=_KEPT_FILES)
def _packed(path: Path, changed_ns: int) -> bytes:
    """The file's bytes packed, made once for each state of the file."""
    del changed_ns
    return gzip.compress(path.read_bytes(), 6, mtime=0)
