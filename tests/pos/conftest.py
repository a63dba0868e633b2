"""Fixtures of the payment channel's tests."""

from collections.abc import Iterator

import pytest

from tests.support.channel import Channel, serve_channel
from tests.support.inbox import Inbox


@pytest.fixture
def channel() -> Iterator[Channel]:
    """A fresh fake channel on loopback."""
    with serve_channel() as served:
        yield served


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A server that keeps the webhooks sent to it."""
    with Inbox() as opened:
        yield opened
