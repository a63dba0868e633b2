"""Twelve foreign codes at the server's door: the right sentence each, their digits in no book, log or answer."""

from __future__ import annotations

import json
import logging

import pytest

from tests.stories.test_bad_input import Till, till  # noqa: F401 - the fixture
from tests.support.foreign import SAMPLES, runs_of
from tests.support.http import everything


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_called_by_its_kind_and_kept_nowhere(
    till: Till,  # noqa: F811 - the fixture
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    text, code, word = SAMPLES[name]
    caplog.set_level(logging.DEBUG)
    before = runs_of(json.dumps(everything(till.world.server.db), default=str))
    body = till.sale(token=text)
    # An id of letters: it must hold no run of digits by chance.
    place = list(SAMPLES).index(name)
    body["request_id"] = (
        f"abcdefab-abcd-4abc-8abc-abcdefabcd{'abcdef'[place // 6]}{'abcdef'[place % 6]}"
    )

    quoted = till.clerk.call("POST", "/api/v1/quotes", {"token": text, "total_fen": 5_000})
    sold = till.clerk.call("POST", "/api/v1/sales", body)

    for answer in (quoted, sold):
        said = answer.get_json()
        assert said["code"] == code
        assert word in said["detail"]
        assert not runs_of(text) & runs_of(answer.get_data(as_text=True))
    after = runs_of(json.dumps(everything(till.world.server.db), default=str))
    assert not runs_of(text) & (after - before)
    assert not runs_of(text) & runs_of(caplog.text)
