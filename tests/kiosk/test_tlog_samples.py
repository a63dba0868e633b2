"""The browser's vectors of the seal are what an independent writing of the formats makes."""

from __future__ import annotations

import json
from typing import Any

from tests.support import tlog_samples


def test_the_samples_of_the_browser_are_made_by_the_reference() -> None:
    kept = json.loads(tlog_samples.SAMPLES.read_text(encoding="utf-8"))
    assert _without_es256(kept) == _without_es256(tlog_samples.make())


def _without_es256(samples: dict[str, Any]) -> dict[str, Any]:
    # A signature of ES256 carries a random number, so it is another each time; the browser's tests verify it.
    return samples | {"checkpoints": {"Ed25519": samples["checkpoints"]["Ed25519"]}}
