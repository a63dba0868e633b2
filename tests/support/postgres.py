"""A throw-away PostgreSQL server: started for one test session, gone with it."""

import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg

_ROOT = 0
_PATIENCE_S = 600
"""A server that replays or archives on its way takes long where other work is done beside it."""

# Nothing of a test survives the machine going down, so nothing need wait for its disk.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_COMMON = (
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=128MB",
    "max_wal_size=4GB",
    "autovacuum=off",
    "log_min_messages=fatal",
)


def programs() -> Path:
    """The folder of initdb and postgres: the newest of Debian's, else that on PATH."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]),
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        message = "no PostgreSQL server here; `make setup` installs one"
        raise RuntimeError(message)
    return Path(on_path).resolve().parent


@dataclass
class Cluster:
    """One running server that listens on a socket in its own folder."""

    durable: bool = False
    settings: tuple[str, ...] = ()
    user: str = field(init=False)
    folder: Path = field(init=False)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)
    _made: int = field(init=False, default=0)

    def __enter__(self) -> Self:
        """Create the server's files and start it."""
        self.user = _server_user()
        # Not under pytest's own folder: root keeps that to itself, and the server is not root.
        self.folder = Path(tempfile.mkdtemp(prefix="jifen-pg-"))
        if os.geteuid() == _ROOT:
            shutil.chown(self.folder, self.user)
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                  f"--username={self.user}", f"--pgdata={self._data}")  # fmt: skip
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server and remove its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [*_COMMON, f"unix_socket_directories={self.folder}"]
        settings += [] if self.durable else _FAST
        settings += self.settings
        options = [word for setting in settings for word in ("-c", setting)]
        log = self.folder / "log"
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                [*_as(self.user), programs() / "postgres", "-D", self._data, *options],
                stdout=subprocess.DEVNULL,
                stderr=stream,
            )
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self.execute("postgres", "SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    message = f"PostgreSQL did not start: {log.read_text()}"
                    raise RuntimeError(message) from None
                time.sleep(0.02)
            else:
                return

    def stop(self, *, crash: bool = False) -> None:
        """Stop the server; with `crash` it gets no chance to write anything more."""
        if self._process is None:
            return
        # SIGINT is PostgreSQL's fast stop; SIGQUIT leaves recovery to the next start.
        self._process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self._process.wait(timeout=_PATIENCE_S)
        self._process = None

    def url(self, database: str) -> str:
        """The address of a database on this server."""
        return f"postgresql://{self.user}@/{database}?host={self.folder}"

    def execute(self, database: str, statement: str) -> None:
        """Run one statement on its own, as an administrator would."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def new_database(self, *, template: str = "template0") -> str:
        """Copy the database `template` under a fresh name and return that."""
        self._made += 1
        name = f"test_{self._made}"
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, also while something is still connected to it."""
        self.execute("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*_as(self.user), programs() / program, *arguments],
            check=True,
            capture_output=True,
            cwd=self.folder,
        )


def _server_user() -> str:
    """The account the server runs under: initdb and postgres refuse to run as root."""
    if os.geteuid() != _ROOT:
        return getpass.getuser()
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _as(user: str) -> list[str]:
    """Words before a command that run it as `user` and end it when the tests end or die."""
    words = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == _ROOT:
        words += ["--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--clear-groups"]
    return words
