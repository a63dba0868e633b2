"""Refusals of the seal: the log, its checkpoints and proofs."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "log_damaged": Known(
        500,
        mark(
            "The sealed log does not fit the rows it was made of; nothing more is sealed. Run “jifen seal verify”: it"
            " names the first wrong row."
        ),
        "ask",
    ),
}
