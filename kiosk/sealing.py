"""The sealer of a running server: a thread beside the requests that seals every few seconds and signs in turn.

What was sealed is also counted against the year's budget, so that earning stops within a round of the point that used
it up.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from flask import Flask

from kiosk.context import EXTENSION, Service
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.budget import check_budget
from ledger.members.key_vault import KeyVault
from ledger.seal.checkpoints import due_communities, publish
from ledger.seal.last_signed import LastSigned
from ledger.seal.sealer import seal, waiting_communities

SIGN_EVERY_US: Final = 30 * SECOND_US
"""How old the newest checkpoint may be where the log has grown; receipts promise a minute."""

_REST_S: Final = 60
"""After a failure a community's log is left alone this long; the others go on."""

_LOG: Final = logging.getLogger("jifen.seal")


class Sealing(threading.Thread):
    """Seals and signs for every community of a database until the program's main thread ends.

    Of the processes of one machine the first leads and the others wait for its end; processes of several machines may
    seal at once, whoever comes second finds nothing to do. What fails is logged and tried again; sales never wait for
    it, and never fail because of it.
    """

    def __init__(
        self,
        db: Database,
        vault: KeyVault,
        last_signed: LastSigned,
        *,
        now: Callable[[], int],
        every_s: float,
    ) -> None:
        """Prepare the thread; `start` lets it work. `now` gives microseconds UTC."""
        super().__init__(name="jifen-seal")
        self._db = db
        self._vault = vault
        self._last_signed = last_signed
        self._now = now
        self._every_s = every_s
        self._stopping = threading.Event()
        self._resting_until_s: dict[int, float] = {}

    def run(self) -> None:
        """Work until told to stop, or until the server's main thread has ended."""
        main = threading.main_thread()
        while main.is_alive() and not self._stopping.is_set():
            self.work_once()
            # Ends with the server, at once, without anybody having to call `stop`.
            main.join(self._every_s)
        self._last_signed.step_down()

    def stop(self) -> None:
        """Finish the round under way and end."""
        self._stopping.set()
        self.join()

    def work_once(self) -> None:
        """Seal what waits in every community, and sign where a checkpoint is due; one process of a machine does it."""
        if not self._last_signed.lead():
            return
        try:
            with self._db.read() as tx:
                waiting = waiting_communities(tx)
            for community_id in waiting:
                self._try(community_id, self._seal)
            with self._db.read() as tx:
                due = due_communities(tx, now=self._now(), every_us=SIGN_EVERY_US)
            for community_id in due:
                self._try(community_id, self._publish)
        except Exception:  # noqa: BLE001 - a thread that ended would seal nothing more; the log tells
            _LOG.exception("sealing: the communities cannot be read")

    def _seal(self, community_id: int) -> None:
        seal(self._db, community_id)
        try:
            check_budget(self._db, community_id, at=self._now())
        except Exception:  # noqa: BLE001 - holds up no seal; looked at again with the next entry, and the log tells
            _LOG.exception("budget of community %s was not looked at", community_id)

    def _publish(self, community_id: int) -> None:
        publish(self._db, community_id, self._vault, self._last_signed, at=self._now())

    def _try(self, community_id: int, work: Callable[[int], None]) -> None:
        if time.monotonic() < self._resting_until_s.get(community_id, 0):
            return
        try:
            work(community_id)
        except Refusal as refusal:
            self._rest(community_id)
            _LOG.error("sealing of community %s stopped: %s", community_id, refusal)
        except Exception:  # noqa: BLE001 - the same
            self._rest(community_id)
            _LOG.exception("sealing of community %s failed", community_id)

    def _rest(self, community_id: int) -> None:
        self._resting_until_s[community_id] = time.monotonic() + _REST_S


def start_sealing(app: Flask) -> Sealing | None:
    """Start the thread for a served app; None where the settings switch it off."""
    service: Service = app.extensions[EXTENSION]
    if not service.settings.seal_every_s:
        return None
    sealing = Sealing(
        service.db,
        service.vault,
        service.last_signed,
        now=service.now,
        every_s=service.settings.seal_every_s,
    )
    sealing.start()
    return sealing
