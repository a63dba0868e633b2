"""A small proxy between a tablet and its server: cut, silent, swallowing answers, uploading twice or in another order.

It speaks HTTP/1.1 with one request a connection, and shares no code with the product. Every chance it takes comes from
its seed. A program that cannot call it asks for `/-cable/cut` or `/-cable/mend`.
"""

from __future__ import annotations

import random
import re
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

_CONTROL: Final = b" /-cable/"
_CHUNK: Final = 65_536
_TIMEOUT_S: Final = 60.0
_ANSWER: Final = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
_TIMED_OUT: Final = (
    b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)
_BROKEN: Final = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)
_COUNTER: Final = re.compile(rb'"counter":(\d+)')


@dataclass
class Noise:
    """How often (of 100) an upload is treated badly; what is left goes through."""

    swallow: int = 0
    """Delivered, but the answer is lost."""
    twice: int = 0
    """Delivered twice, side by side."""
    late: int = 0
    """Lost for the tablet, and delivered behind later ones."""
    stalled: int = 0
    """A proxy on the way says it took too long, so that the tablet goes on; delivered behind later ones."""
    drop: int = 0
    """Lost for good."""


@dataclass
class Cable:
    """A listening proxy in front of `port`; use as a context manager."""

    port: int
    seed: int = 1
    state: str = "open"
    """`open`; `cut`: connections are closed at once; `silent`: taken and never answered."""
    noise: Noise = field(default_factory=Noise)
    noisy_paths: tuple[bytes, ...] = (b"/api/v1/sales",)
    first: tuple[str, ...] = ()
    """How the first noisy uploads are treated, one after the other; chance decides the rest."""
    choked: int = 0
    """Every upload of this slip number is answered with an error of the server's own; 0: of none."""
    done: Counter[str] = field(default_factory=Counter)
    """How many requests were treated in which way."""
    delivered: list[int] = field(default_factory=list)
    """The slip numbers of the uploads in the order in which the server got them, each as often as it did."""

    def __enter__(self) -> Self:
        """Listen."""
        self._drawn = random.Random(self.seed)
        self._lock = threading.Lock()
        self._late: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = False
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no longer."""
        self._stopped = True
        self._listener.close()

    @property
    def url(self) -> str:
        """Where the tablet finds the server."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def deliver_late(self) -> int:
        """Send what is still held back, in another order than it came; gives how many."""
        with self._lock:
            held, self._late = self._late, []
        self._drawn.shuffle(held)
        for request in held:
            self._ask(request)
        return len(held)

    def _accept(self) -> None:
        while not self._stopped:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(_TIMEOUT_S)
            try:
                request = _read_request(connection)
                answer = self._treat(request) if request else b""
                if answer:
                    connection.sendall(answer)
            except OSError:
                # One of the ends went away: for the other that is a cut line, which is what this is for.
                return

    def _treat(self, request: bytes) -> bytes:
        line = request.partition(b"\r\n")[0]
        if _CONTROL in line:
            self.state = "cut" if b"/cut" in line else "open"
            return _ANSWER
        if self.state == "cut":
            return b""
        if self.choked and f'"counter":{self.choked},'.encode() in request:
            return _BROKEN
        if self.state == "silent":
            while self.state == "silent" and not self._stopped:
                threading.Event().wait(0.05)
            return b""
        return self._upload(request) if self._is_noisy(request) else self._ask(request)

    def _is_noisy(self, request: bytes) -> bool:
        return any(request.startswith(b"POST " + path + b" ") for path in self.noisy_paths)

    def _upload(self, request: bytes) -> bytes:
        with self._lock:
            told = sum(self.done.values())
            fate = self.first[told] if told < len(self.first) else self._fate()
            self.done[fate] += 1
        if fate in {"late", "stalled"}:
            with self._lock:
                self._late.append(request)
            return b"" if fate == "late" else _TIMED_OUT
        if fate == "drop":
            return b""
        if fate == "twice":
            other = threading.Thread(target=self._ask, args=(request,))
            other.start()
            answer = self._ask(request)
            other.join()
        else:
            answer = self._ask(request)
        self._let_one_go()
        return b"" if fate == "swallow" else answer

    def _fate(self) -> str:
        drawn = self._drawn.randrange(100)
        for name in ("swallow", "twice", "late", "stalled", "drop"):
            drawn -= getattr(self.noise, name)
            if drawn < 0:
                return name
        return "through"

    def _let_one_go(self) -> None:
        """Behind an upload one of those held back may come, the newest first."""
        with self._lock:
            late = self._late.pop() if self._late and self._drawn.randrange(2) else None
        if late is not None:
            self._ask(late)

    def _ask(self, request: bytes) -> bytes:
        number = _COUNTER.search(request)
        if number and self._is_noisy(request):
            with self._lock:
                self.delivered.append(int(number[1]))
        with socket.create_connection(("127.0.0.1", self.port), timeout=_TIMEOUT_S) as server:
            server.sendall(_one_request(request))
            parts = []
            while part := server.recv(_CHUNK):
                parts.append(part)
        return b"".join(parts)


def _read_request(connection: socket.socket) -> bytes:
    """One whole request; b'' where the connection was opened for nothing."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(_CHUNK)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        part = connection.recv(_CHUNK)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body


def _one_request(request: bytes) -> bytes:
    """The same request, after which the server closes the connection."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body
