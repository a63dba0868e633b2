"""A log on each engine and under each algorithm: what holds of one holds of all four."""

from pathlib import Path

import pytest

from ledger.database import Database
from tests.support.log import SealedLog


@pytest.fixture(params=["Ed25519", pytest.param("ES256", marks=pytest.mark.slow)])
def alg(request: pytest.FixtureRequest) -> str:
    """A key's algorithm: a fact of the key, so everything is tried under each."""
    return str(request.param)


@pytest.fixture
def log(db: Database, alg: str, tmp_path: Path) -> SealedLog:
    """A community's log without entries of its own yet."""
    return SealedLog.begin(db, tmp_path, alg)
