"""A gateway of the product that speaks to a fake channel served on loopback, and ways to watch it."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from kiosk.fakepay.app import FakePay
from kiosk.fakepay.serve import Served
from pos.gateway import Gateway

SECRET_KEY = "sk_test_jifen"  # noqa: S105 - opens nothing


class RecordingSession(requests.Session):
    """A session that keeps every request as it goes on the wire."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        """Keep and send."""
        self.sent.append(request)
        return super().send(request, **more)

    def keys(self) -> list[str | None]:
        """The idempotency key of each try, in order."""
        return [request.headers.get("Idempotency-Key") for request in self.sent]


@dataclass
class Channel:
    """A fake channel being served, and its control desk."""

    served: Served
    sessions: list[requests.Session] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.served.url

    def gateway(
        self,
        session: requests.Session | None = None,
        *,
        timeout_s: float = 5.0,
        retries: int = 2,
    ) -> Gateway:
        """A client of the product that never sleeps between tries."""
        used = session or requests.Session()
        self.sessions.append(used)
        return Gateway(
            base_url=self.url,
            secret_key=SECRET_KEY,
            timeout_s=timeout_s,
            retries=retries,
            pause=lambda _seconds: None,
            session=used,
        )

    def control(self, path: str, told: dict[str, Any] | None = None, method: str = "POST") -> Any:
        """Ask the control desk."""
        return post_json(self.url + "/_control" + path, told or {}, method)

    def trouble(self, kind: str, **more: Any) -> None:
        """Order trouble for the next request."""
        self.control("/troubles", {"troubles": [{"kind": kind, **more}]})

    def made(self, kind: str) -> list[dict[str, Any]]:
        """Every object of a kind the channel holds, oldest first."""
        with self.served.fake.store.lock:
            return [dict(thing) for thing in self.served.fake.store.each(kind)][::-1]


@contextmanager
def serve_channel(fake: FakePay | None = None) -> Iterator[Channel]:
    """Serve a fake channel for the length of the block."""
    with Served(fake or FakePay()) as served:
        channel = Channel(served)
        try:
            yield channel
        finally:
            for session in channel.sessions:
                session.close()


def post_json(url: str, told: dict[str, Any], method: str = "POST") -> Any:
    """Send JSON to a loopback server and read its JSON answer, if any."""
    target = urlsplit(url)
    line = http.client.HTTPConnection(target.hostname or "", target.port, timeout=10)
    try:
        line.request(method, target.path, json.dumps(told), {"Content-Type": "application/json"})
        answer = line.getresponse()
        body = answer.read()
        assert answer.status < 400, body
        return json.loads(body) if body else None
    finally:
        line.close()
