"""The log: one JSON object a line, with the request's number and never a name, a code or a body."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Final

from flask import Flask, Response, g, request

from kiosk.auth import find_actor

_LOG: Final = logging.getLogger("jifen.access")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; what `extra={"facts": …}` brings stands beside it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for one record."""
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "from": record.name,
            "said": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up() -> None:
    """Send every record of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def install(app: Flask) -> None:
    """Log every request of `app`: the route it took, not the address with what stood in it."""
    app.before_request(start)
    app.after_request(finish)


def start() -> None:
    """Note when the request came."""
    g.began_s = time.perf_counter()


def finish(response: Response) -> Response:
    """Write the line of a request that is answered."""
    if _LOG.isEnabledFor(logging.INFO):
        found = find_actor()
        facts = {
            "request_id": g.get("request_id", ""),
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else "",
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.began_s) * 1_000, 1),
            "actor": "" if found is None else f"{found.kind} {found.id}",
        }
        _LOG.info("answered", extra={"facts": facts})
    return response
