"""A web server on loopback that keeps what is posted to it, for tests of webhooks."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Letter:
    """One post: its signature header and its body."""

    signature: str
    body: bytes


@dataclass
class Inbox:
    """Answers 200, or the statuses in `answers` first; `letters` holds every post."""

    letters: list[Letter] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Start on a free port."""
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.letters.append(Letter(self.headers.get("Stripe-Signature", ""), body))
                self.send_response(inbox.answers.pop(0) if inbox.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()

    def wait_for(self, count: int, *, within_s: float = 10.0) -> list[Letter]:
        """The first `count` letters, as soon as they are there."""
        deadline = time.monotonic() + within_s
        while len(self.letters) < count:
            assert time.monotonic() < deadline, f"{len(self.letters)} of {count} letters came"
            time.sleep(0.01)
        return self.letters[:count]

    def wait_for_text(self, text: str, *, within_s: float = 10.0) -> Letter:
        """The first letter that holds `text`, whatever others came before."""
        deadline = time.monotonic() + within_s
        while True:
            for letter in list(self.letters):
                if text.encode() in letter.body:
                    return letter
            assert time.monotonic() < deadline, f"no letter with {text} came"
            time.sleep(0.01)
