"""The auditor's page from the disk, without network: a clean book holds, each planted fault is named with its row."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest
from playwright.sync_api import Playwright

from tests.browser.auditor import BLANK, Auditor, Said, Task, auditor, in_old_chromium
from tests.browser.kits import KEY, ORIGIN, Kits
from tests.support import tlog_reference as log
from tests.support.kit_faults import FAULTS, Found
from tests.support.kit_files import Files
from tests.support.kit_people import FAVOURS, without

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OLD: Final = "92"


def is_clean(said: Said) -> bool:
    return said.tone == "good" and said.found == []


def is_named(wanted: Found, said: Said) -> bool:
    """Whether the finding is there, in its file and row; one that is about more than a row in its file."""
    return wanted in said.found or (
        wanted.row is None and wanted[:2] in {found[:2] for found in said.found}
    )


def test_a_clean_book_holds(page: Auditor, kits: Kits) -> None:
    assert is_clean(page.run(Task(kits.kit)))


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_named_with_its_file_and_row(
    page: Auditor, kits: Kits, name: str
) -> None:
    wanted = FAULTS[name](kits.files.copy())

    said = page.run(Task(kits.altered(name)))

    assert said.tone == "bad"
    assert is_named(wanted, said), said.found


@pytest.mark.parametrize("name", FAVOURS)
def test_a_favour_that_was_duly_booked_and_signed_is_named(
    page: Auditor, kits: Kits, name: str
) -> None:
    wanted = FAVOURS[name](kits.files.copy())

    said = page.run(Task(kits.favoured(name)))

    assert said.tone == "bad"
    assert wanted in said.found
    # It is the people alone: entries, root and signature are as good as ever.
    about = {"approver", "credit", "decided", "role", "same"}
    assert {found.code.partition("_")[0] for found in said.found} <= about


# --- what was kept


@pytest.mark.parametrize("key", [KEY, log.es256_key(7)], ids=["Ed25519", "ES256"])
def test_both_kinds_of_signature_are_believed_and_a_strange_one_is_not(
    page: Auditor, kits: Kits, key: log.PrivateKey
) -> None:
    files = kits.files.copy()
    files.sign(key, ORIGIN)
    assert is_clean(page.run(Task(files.write(kits.folder / "signed.zip"))))

    files.manifest["keys"] = [log.vkey(ORIGIN, log.ed25519_key(8))]
    said = page.run(Task(files.write(kits.folder / "strange.zip")))

    assert ("signature_wrong", "manifest.json") in {f[:2] for f in said.found}


def test_the_same_book_longer_is_told_from_one_that_was_rewritten(
    page: Auditor, kits: Kits
) -> None:
    book = kits.signed()
    leaves = book.hashes()
    old = log.checkpoint(ORIGIN, leaves[:300], KEY)
    kept = [old, log.board_code("CA01", old), f"300 {log.root(leaves[:300]).hex()}"]
    newest = log.checkpoint(ORIGIN, leaves, KEY)

    said = page.run(Task(book.write(kits.folder / "longer.zip"), [*kept, newest, "nothing kept"]))

    assert is_clean(said)
    assert said.kept == [*["longer/unknown"] * 3, "same/unknown", ""]

    # Somebody changes one word of an early sale and seals and signs the whole book anew, with the community's own key.
    rewritten = page.run(Task(kits.forked(), [*kept, newest]))

    assert rewritten.found == []
    assert rewritten.kept == ["rewritten/unknown"] * 4
    assert "不是上次留存的那本账" in page.page.locator("#verdict-title").inner_text()


def test_a_removed_entry_is_refused_though_everything_was_sealed_and_signed_anew(
    page: Auditor, kits: Kits
) -> None:
    book = kits.signed()
    kept = log.checkpoint(ORIGIN, book.hashes(), KEY)
    without(book, lambda row: row["act"] == "household.open" or row["act"] == "scheme.adopt")
    shorter = kits.rewritten("shorter", book)

    assert page.run(Task(shorter, [kept])).kept == ["shorter/unknown"]


def test_the_file_the_page_keeps_finds_the_entries_that_were_changed(
    page: Auditor, kits: Kits
) -> None:
    page.run(Task(kits.signed().write(kits.folder / "first.zip")))
    page.view(2)
    with page.page.expect_download() as download:
        page.page.click("main > section > button.main")
    kept = Path(download.value.path()).read_text(encoding="utf-8")

    again = page.run(Task(kits.signed().write(kits.folder / "again.zip"), [kept]))
    forked = page.run(Task(kits.forked(), [kept]))

    assert again.kept == ["same/same"]
    assert forked.kept == ["rewritten/same"]
    page.view(2)
    assert "第 1 笔到第 256 笔" in page.page.locator("li[data-outcome]").first.inner_text()
    strange = kits.files.copy()
    strange.sign(log.ed25519_key(9), ORIGIN)
    assert page.run(Task(strange.write(kits.folder / "keys.zip"), [kept])).kept == ["same/other"]
    assert "不是上次留存的那本账" in page.page.locator("#verdict-title").inner_text()


# --- receipts


def receipts_of(files: Files) -> tuple[list[str], list[str]]:
    """Receipts as paper carries them, true and forged, and the verdict each must get."""
    leaves = files.hashes()
    sale = files.find("txn", lambda row: row["kind"] == "sale")
    leaf = files.find("leaf", lambda row: row["entry_id"] == sale["txn_id"])
    index, ref = int(leaf["leaf_index"] or "0"), sale["ref"] or ""
    facts = f"kind=sale|ref={ref}|total_fen=5000|offset_fen=200"
    true = log.slip_code("CA01", ORIGIN, KEY, facts, index, leaves[: index + 9])
    at = len(true) - 40
    bent = true[:at] + ("A" if true[at] != "A" else "B") + true[at + 1 :]
    never = [*leaves[:index], log.leaf_hash(b"never booked"), *leaves[index + 1 :]]
    other_ref = facts.replace(ref, ref[:-1] + ("A" if ref[-1] != "A" else "B"))
    cases = {
        true: "in_book",
        log.proof_text(index, leaves, log.checkpoint(ORIGIN, leaves, KEY)): "in_book",
        log.promise_code("CA01", ORIGIN, KEY, facts, leaves[index]): "in_book",
        ref: "found",
        bent: "forged",
        log.slip_code("CA01", ORIGIN, KEY, other_ref, index, leaves): "forged",
        log.proof_text(index, leaves, log.checkpoint(ORIGIN, leaves, log.ed25519_key(8))): "forged",
        log.slip_code("CA01", ORIGIN, log.ed25519_key(8), facts, index, leaves): "stranger",
        log.slip_code("CA01", ORIGIN, KEY, facts, index, never): "gone",
        log.promise_code("CA01", ORIGIN, KEY, facts, log.leaf_hash(b"never booked")): "gone",
        log.slip_code("CA02", ORIGIN, KEY, facts, index, leaves): "foreign",
        "M01T1-260316-99999-X": "not_found",
        "hello": "unreadable",
    }
    return list(cases), list(cases.values())


def test_a_receipt_is_proven_and_a_forged_one_refused(page: Auditor, kits: Kits) -> None:
    files = kits.signed()
    papers, verdicts = receipts_of(files)

    said = page.run(Task(files.write(kits.folder / "receipts.zip"), (), papers))

    assert said.receipts == verdicts


# --- the kit as it is given


def test_the_kit_opens_by_double_click_with_its_data_inside(
    playwright: Playwright, kits: Kits
) -> None:
    with ZipFile(kits.kit) as archive:
        assert archive.namelist() == [
            "README.zh.txt",
            "README.en.txt",
            "auditor.html",
            "kit.json",
            "export.zip",
        ]
        archive.extract("auditor.html", kits.folder)
        readme = archive.read("README.zh.txt").decode()
        data = hashlib.sha256(archive.read("export.zip")).hexdigest()
    html = kits.folder / "auditor.html"
    with auditor(playwright) as opened:
        opened.open(html)
        said = opened.run(Task(None))
        shown = opened.page.locator("section.verdict")
        assert is_clean(said)
        assert shown.get_attribute("data-sha256") == data
        assert "常安社区 CA01" in shown.inner_text()
        assert opened.errors == []
        assert all(url.startswith(("file:", "blob:")) for url in opened.asked)
    assert data in readme
    assert hashlib.sha256(html.read_bytes()).hexdigest() in readme


def test_a_browser_of_2021_says_the_same(kits: Kits) -> None:
    book = kits.signed()
    kept = log.checkpoint(ORIGIN, book.hashes()[:300], KEY)
    papers, verdicts = receipts_of(book)
    clean = book.write(kits.folder / "old.zip")
    faults = [Task(kits.altered(name)) for name in FAULTS]
    favours = [Task(kits.favoured(name)) for name in FAVOURS]

    said = in_old_chromium(
        OLD, BLANK, [Task(clean, [kept], papers), Task(kits.forked(), [kept]), *faults, *favours]
    )

    assert is_clean(said[0])
    assert said[0].kept == ["longer/unknown"]
    assert said[0].receipts == verdicts
    assert said[1].kept == ["rewritten/unknown"]
    wanted = [FAULTS[name](kits.files.copy()) for name in FAULTS]
    wanted += [FAVOURS[name](kits.files.copy()) for name in FAVOURS]
    for must, found in zip(wanted, said[2:], strict=True):
        assert found.tone == "bad"
        assert is_named(must, found), must


def test_a_browser_of_2021_opens_the_kit_with_its_data_inside(kits: Kits) -> None:
    with ZipFile(kits.kit) as archive:
        archive.extract("auditor.html", kits.folder)

    [said] = in_old_chromium(OLD, kits.folder / "auditor.html", [Task(None)])

    assert is_clean(said)
