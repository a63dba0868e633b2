"""Runs localstripe on loopback, in a process of its own, keeping nothing on disk.

Its own command would listen on every interface and keep its state in the shared temporary folder.
The first line printed is the port.
"""

import socket

from aiohttp import web
from localstripe import resources, server


def main() -> None:
    """Serve until the process is ended."""
    resources.Store.dump_to_disk = lambda _self: None
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    line.bind(("127.0.0.1", 0))
    print(line.getsockname()[1], flush=True)  # noqa: T201 - told to the test that started it
    web.run_app(server.app, sock=line, print=None, access_log=None)


if __name__ == "__main__":
    main()
