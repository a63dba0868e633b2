"""Makes kiosk/web/tests/samples/tlog.json, the vectors the browser's half of the seal is tested with.

python -m tests.support.tlog_samples writes the file anew; a test demands that it is what this makes.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from tests.support import tlog_reference as log

SAMPLES = Path(__file__).parents[2] / "kiosk/web/tests/samples/tlog.json"
ORIGIN = "jifen.example/CHAN"
FACTS = "kind=sale|ref=M01T1-260302-00001-X|total_fen=5000|offset_fen=1000|signed_at=1772420000"
_ENTRIES = 13


def make() -> dict[str, Any]:
    """All vectors; the same each time but for the signatures of ES256."""
    leaves = [log.leaf_hash(b"entry %d" % number) for number in range(_ENTRIES)]
    ed, ec = log.ed25519_key(1), log.es256_key(1)
    note = log.checkpoint(ORIGIN, leaves, ed)
    return {
        "origin": ORIGIN,
        "leaves": _texts(leaves),
        "roots": _texts(log.root(leaves[:size]) for size in range(_ENTRIES + 1)),
        "inclusion": [
            {"index": index, "size": size, "path": _texts(log.inclusion(index, leaves[:size]))}
            for size in range(1, _ENTRIES + 1)
            for index in range(size)
        ],
        "consistency": [
            {"old": old, "new": new, "path": _texts(log.consistency(old, leaves[:new]))}
            for new in range(2, _ENTRIES + 1)
            for old in range(1, new)
        ],
        "keys": {"Ed25519": log.vkey(ORIGIN, ed), "ES256": log.vkey(ORIGIN, ec)},
        "stranger": log.vkey(ORIGIN, log.ed25519_key(2)),
        "checkpoints": {"Ed25519": note, "ES256": log.checkpoint(ORIGIN, leaves, ec)},
        "proof": log.proof_text(5, leaves, note),
        "codes": codes(leaves),
        "entries": entries(),
    }


def codes(leaves: list[bytes]) -> dict[str, str]:
    """Codes as receipts and boards carry them."""
    ed = log.ed25519_key(1)
    note = log.checkpoint(ORIGIN, leaves[:9], ed)
    return {
        "facts": FACTS,
        "at_9": log.slip_code("CHAN", ORIGIN, ed, FACTS, 5, leaves[:9]),
        "at_13": log.slip_code("CHAN", ORIGIN, ed, FACTS, 5, leaves),
        "at_11": log.slip_code("CHAN", ORIGIN, ed, FACTS, 10, leaves[:11]),
        "promised": log.promise_code("CHAN", ORIGIN, ed, FACTS, leaves[5]),
        "stranger": log.slip_code("CHAN", ORIGIN, log.ed25519_key(2), FACTS, 5, leaves[:9]),
        "board": log.board_code("CHAN", note),
    }


def entries() -> list[dict[str, Any]]:
    """Rows and the entries they make: NULL and empty, Chinese, numbers beyond 2^53, with and without an offset."""
    big = 9_007_199_254_740_993
    txn: dict[str, log.Value] = dict.fromkeys(log.TXN_COLUMNS)
    txn |= {
        "community_id": big,
        "txn_id": big + 1,
        "request_id": "0190-7",
        "kind": "sale",
        "ref": "",
        "business_date": 20260302,
    }
    txn |= {"reason_key": "消费", "occurred_at": 1_772_416_800_000_000, "provisional": 0}
    transfers: list[dict[str, log.Value]] = [
        {"line_no": 0, "commodity": 1, "debit_id": big, "credit_id": big + 2, "amount": 20_000},
        {"line_no": 1, "commodity": 2, "debit_id": 3, "credit_id": 4, "amount": 1_000},
    ]
    offset: dict[str, log.Value] = dict.fromkeys(log.OFFSET_COLUMNS)
    offset |= {
        "claimant_id": 7,
        "terminal_id": 8,
        "ref": "M01T1-260302-00001-X",
        "kind": "sale",
    }
    offset |= {"units": 20_000, "fen": 1_000, "units_per_fen": 20, "business_date": 20260302}
    act: dict[str, log.Value] = {
        "community_id": big,
        "audit_id": big + 5,
        "at": 1_772_416_800_000_000,
        "actor_kind": "staff",
        "actor_id": 12,
        "act": "card.suspend",
        "subject": "card:12",
        "device": "",
    }
    salt, before, after = "00112233445566778899aabbccddeeff", "", '{"说明":"挂失"}'
    made = [
        _txn("sale", txn, transfers, offset),
        _txn("bare", txn | {"ref": None}, transfers[:1], None),
        {
            "name": "act",
            "act": _row(act),
            "salt": salt,
            "before": before,
            "after": after,
            "entry": log.act_entry(act, salt, before, after).decode(),
        },
    ]
    return [
        one | {"leaf": base64.b64encode(log.leaf_hash(one["entry"].encode())).decode()}
        for one in made
    ]


def _txn(
    name: str,
    txn: dict[str, log.Value],
    transfers: list[dict[str, log.Value]],
    offset: dict[str, log.Value] | None,
) -> dict[str, Any]:
    return {
        "name": name,
        "txn": _row(txn),
        "transfers": [_row(one) for one in transfers],
        "offset": None if offset is None else _row(offset),
        "entry": log.txn_entry(txn, transfers, offset).decode(),
    }


def _row(row: dict[str, log.Value]) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in row.items()}


def _texts(hashes: Any) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]


if __name__ == "__main__":
    SAMPLES.write_text(json.dumps(make(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
