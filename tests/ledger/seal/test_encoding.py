"""What a leaf says: golden entries that must never change, and no two rows that are written alike."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.posting import _HEADER_COLUMNS
from ledger.book.tables import offset_booked, transfer, txn
from ledger.members.tables import audit
from ledger.seal.encoding import (
    ACT_COLUMNS,
    OFFSET_COLUMNS,
    TRANSFER_COLUMNS,
    TXN_COLUMNS,
    commitment_of,
    encode_act,
    encode_txn,
    field,
)
from ledger.seal.tree import leaf_hash

_HEADER = (
    1, 7001, "0195577c-7000-7000-8000-000000000001", "sale", "M01T1-260302-00457-I", 20260302, "202603",
    1772413800000000, 1772413800123456, "changan/2026.1", 20, 11, 12, 13, 1, None, 5, 6, 1050, None, 1, 1,
    "sale_offset", "till", 0, None, None,
)  # fmt: skip
_TRANSFERS = ((0, 1002, 101, 102, 20000), (1, 1002, 103, 104, 4000))
_OFFSET = (
    5, 1050, "M01T1-260302-00457-I", "sale", None, 20000, 1000, 20, 20260302, 1772413800000000
)  # fmt: skip
_ACT = (1, 7002, 1772413800000000, "staff", 21, "settings.change", "\u79ef\u5206:1", "terminal:3")
_SALT = bytes(range(16))

GOLDEN_TXN = (
    "jifen-leaf/1\n3:txn1:14:700136:0195577c-7000-7000-8000-0000000000014:sale20:M01T1-260302-00457-I"
    "8:202603026:20260316:177241380000000016:177241380012345614:changan/2026.12:202:112:122:131:1-1:51:6"
    "4:1050-1:11:111:sale_offset4:till1:0--1:21:04:10023:1013:1025:200001:14:10023:1033:1044:4000"
    "1:11:54:105020:M01T1-260302-00457-I4:sale-5:200004:10002:208:2026030216:1772413800000000"
)
GOLDEN_ACT = (
    "jifen-leaf/1\n3:act1:14:700216:17724138000000005:staff2:2115:settings.change8:\u79ef\u5206:110:terminal:3"
    "64:878b26a38ab861cc3cc04f56fab6c0b2dc379803780a8828273bee8528b13f3f"
)
GOLDEN_HASHES = (
    "020727a298e45612e4708bb2505b2aeb3e560aef0b01e5a9234484b9bf86ff9f",
    "9bf46e9a448f2be720ef19a90e64125d1fa3d38fbce80ba310439485cda02861",
)


def test_a_transaction_is_written_as_ever() -> None:
    entry = encode_txn(_HEADER, _TRANSFERS, _OFFSET)

    assert entry.decode() == GOLDEN_TXN
    assert leaf_hash(entry).hex() == GOLDEN_HASHES[0]


def test_a_transaction_without_an_offset_ends_in_a_nought() -> None:
    assert encode_txn(_HEADER, (), None).endswith(b"--1:01:0")


def test_an_act_is_written_as_ever() -> None:
    entry = encode_act(_ACT, commitment_of(_SALT, "", '{"cap":1}'))

    assert entry.decode() == GOLDEN_ACT
    assert leaf_hash(entry).hex() == GOLDEN_HASHES[1]


def test_a_commitment_is_a_hash_of_salt_and_text() -> None:
    text = "32:000102030405060708090a0b0c0d0e0f0:9:" + '{"cap":1}'

    assert commitment_of(_SALT, "", '{"cap":1}') == hashlib.sha256(text.encode()).hexdigest()


def test_every_column_of_the_book_is_in_the_leaf() -> None:
    assert ", ".join(TXN_COLUMNS) == _HEADER_COLUMNS
    assert list(TXN_COLUMNS) == [column.name for column in txn.columns]
    assert ["community_id", "txn_id", *TRANSFER_COLUMNS] == [c.name for c in transfer.columns]
    assert ["community_id", "txn_id", *OFFSET_COLUMNS] == [c.name for c in offset_booked.columns]
    texts = {"before", "after", "salt", "commitment"}
    assert set(ACT_COLUMNS) | texts == {column.name for column in audit.columns}


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, "-"), ("", "0:"), ("-", "1:-"), (0, "1:0"), (-20, "3:-20"), ("\u79ef", "3:\u79ef")],
)
def test_a_value_is_written_with_its_length(value: int | str | None, written: str) -> None:
    assert field(value) == written


values = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=20))
rows = st.lists(values, min_size=3, max_size=3)


@given(rows, rows)
def test_different_rows_are_never_written_alike(
    one: list[int | str | None], two: list[int | str | None]
) -> None:
    def plain(row: list[int | str | None]) -> list[str | None]:
        return [None if value is None else str(value) for value in row]

    alike = encode_act(one, "c") == encode_act(two, "c")
    assert alike is (plain(one) == plain(two))


def test_an_act_is_never_a_transaction() -> None:
    assert encode_act((1, 2), "x") != encode_txn((1, 2), (), None)
