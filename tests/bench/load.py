"""Clients that send prepared requests over kept connections and do nothing else."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_TICK = os.sysconf("SC_CLK_TCK")


class Round(NamedTuple):
    """One round: requests a second, server CPU milliseconds a request, latencies in milliseconds, bad answers."""

    per_second: float
    cpu_ms: float
    latencies_ms: list[float]
    bad: list[bytes]


def send_all(port: int, requests: Sequence[bytes], *, clients: int, pids: Sequence[int]) -> Round:
    """Send every request once from `clients` connections and wait for all answers."""
    waiting = iter(requests)
    lock = threading.Lock()
    latencies: list[float] = []
    bad: list[bytes] = []

    def work() -> None:
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            with lock:
                message = next(waiting, None)
            if message is None:
                break
            before = time.perf_counter()
            connection.sendall(message)
            answer = _read_answer(connection)
            latencies.append((time.perf_counter() - before) * 1_000)
            if not answer.startswith(b"HTTP/1.1 201"):
                bad.append(answer)
        connection.close()

    cpu_before, started = cpu_seconds(pids), time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    cpu = cpu_seconds(pids) - cpu_before
    return Round(len(requests) / took, cpu / len(requests) * 1_000, latencies, bad)


def send_paced(port: int, requests: Sequence[bytes], *, clients: int, rate: float) -> Round:
    """Send `rate` requests a second from `clients` connections; a latency counts from when its request was due."""
    waiting = iter(enumerate(requests))
    lock = threading.Lock()
    latencies: list[float] = []
    bad: list[bytes] = []
    started = time.perf_counter()

    def work() -> None:
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            with lock:
                number, message = next(waiting, (0, None))
            if message is None:
                break
            due = started + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.sendall(message)
            answer = _read_answer(connection)
            latencies.append((time.perf_counter() - due) * 1_000)
            if not answer.startswith(b"HTTP/1.1 201"):
                bad.append(answer)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Round(len(requests) / (time.perf_counter() - started), 0.0, latencies, bad)


def _read_answer(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def thread_seconds(pids: Sequence[int]) -> dict[int, float]:
    """Time on a CPU so far of each thread of these processes and all below them, to the nanosecond, where it ran."""
    spent = {}
    for pid in _family(pids)[0]:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                spent[int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e9
    return spent


def cpu_seconds(pids: Sequence[int]) -> float:
    """CPU time spent so far by these processes and all below them."""
    wanted, spent = _family(pids)
    return sum(spent.get(pid, 0.0) for pid in wanted)


def _family(pids: Sequence[int]) -> tuple[set[int], dict[int, float]]:
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(fields[1])
            spent[int(folder.name)] = (int(fields[11]) + int(fields[12])) / _TICK
    wanted = set(pids)
    for _ in range(6):
        wanted |= {pid for pid, parent in parents.items() if parent in wanted}
    return wanted, spent
