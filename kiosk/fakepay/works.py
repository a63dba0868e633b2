"""The working parts of one fake channel: its state, its webhooks, the trouble ordered for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kiosk.fakepay import endpoints
from kiosk.fakepay.bank import Bank
from kiosk.fakepay.hooks import Hooks
from kiosk.fakepay.store import Store, Thing
from kiosk.fakepay.troubles import Troubles


class Works:
    """What the API and the control desk of one fake both work on."""

    def __init__(self, file: Path | None, *, payout_delay_s: int | None) -> None:
        """Open the state; nothing is sent before `start`."""
        self.store = Store(file)
        self.bank = Bank(self.store, payout_delay_s=payout_delay_s)
        self.hooks = Hooks(self.store)
        self.troubles = Troubles()

    def start(self) -> None:
        """Start sending webhooks."""
        self.hooks.start()

    def stop(self) -> None:
        """Stop sending and close the file."""
        self.hooks.stop()
        self.store.close()

    def send_webhooks_to(self, url: str, secret: str) -> None:
        """Send every event to `url`, signed with `secret`."""
        self.change(
            lambda: endpoints.add_endpoint(
                self.bank, url=url, secret=secret, enabled_events=endpoints.EVERYTHING
            )
        )

    def change(self, work: Callable[[], Thing]) -> Thing:
        """Do something outside the API, and send the events it makes."""
        with self.store.lock:
            changed = work()
            events = self.end_change()
        self.hooks.send(events)
        return changed

    def end_change(self) -> list[str]:
        """Save; returns the events made since the last time. Called under the store's lock."""
        events, self.bank.made_events = self.bank.made_events, []
        self.store.save()
        return events
