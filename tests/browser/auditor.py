"""The auditor's page in Chromium: what it says of a kit, of something kept, of a receipt."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, Playwright

from tests.browser.tablet import CHROMIUM, FLAGS
from tests.browser.test_old_chromium import node
from tests.support.kit_faults import Found

ROOT: Final = Path(__file__).parents[2]
BLANK: Final = ROOT / "kiosk" / "static" / "auditor" / "auditor.html"
_OLD: Final = Path(__file__).with_name("old_auditor.mjs")
_UNPACKED: Final = ROOT / "build" / "old-chromium"
_SECONDS: Final = 250_000


@dataclass(frozen=True)
class Task:
    """A package to check, with things kept and receipts to hold against it."""

    package: Path | None
    kept: Sequence[str] = ()
    receipts: Sequence[str] = ()


@dataclass(frozen=True)
class Said:
    """What the page said."""

    tone: str
    title: str
    found: list[Found] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)


READ_FINDINGS: Final = (
    "() => [...document.querySelectorAll('tr[data-code]')].map((row) =>"
    " [row.dataset.code, row.dataset.file, row.dataset.row])"
)


class Auditor:
    """One page, opened from the disk."""

    def __init__(self, page: Page) -> None:
        """Hold the open page; `asked` is every address it wanted."""
        self.page = page
        self.asked: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)

    def open(self, html: Path = BLANK) -> None:
        """Double click."""
        self.page.goto(html.as_uri())

    def run(self, task: Task) -> Said:
        """Check a package, then hold what was kept and the receipts against it."""
        if task.package is not None:
            chosen = self.page.locator(".drop input, header input[type=file]")
            chosen.first.set_input_files(task.package)
        self.page.wait_for_selector(_verdict(task.package), timeout=_SECONDS)
        tone = self.page.locator("section.verdict").get_attribute("data-tone") or ""
        title = self.page.locator("#verdict-title").inner_text()
        self.view(1)
        found = [_found(row) for row in self.page.evaluate(READ_FINDINGS)]
        kept = [self.compare(text) for text in task.kept]
        receipts = [self.receipt(text) for text in task.receipts]
        self.view(0)
        return Said(tone, title, found, kept, receipts)

    def view(self, n: int) -> None:
        """Turn to one of the parts."""
        self.page.locator("nav button").nth(n).click()

    def compare(self, text: str) -> str:
        """Hold something kept against the book; gives the outcome, '' where it is nothing kept."""
        self.view(2)
        before = self.page.locator("li[data-outcome]").count()
        self.page.fill("#kept-text", text)
        self.page.click("form button.main")
        answer = self.page.locator(f"li[data-outcome] >> nth={before}")
        answer.or_(self.page.locator("p[role=alert]")).first.wait_for(timeout=_SECONDS)
        if self.page.locator("li[data-outcome]").count() == before:
            return ""
        keys = answer.get_attribute("data-keys")
        return f"{answer.get_attribute('data-outcome')}/{keys}"

    def receipt(self, text: str) -> str:
        """Judge a receipt."""
        self.view(0)
        self.view(5)
        self.page.fill("#receipt-text", text)
        self.page.click("form button.main")
        self.page.wait_for_selector("p[data-verdict]", timeout=_SECONDS)
        return self.page.locator("p[data-verdict]").get_attribute("data-verdict") or ""


@contextmanager
def auditor(playwright: Playwright) -> Iterator[Auditor]:
    """The page in the machine's Chromium, without network."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    context = browser.new_context(offline=True, viewport={"width": 1100, "height": 900})
    try:
        yield Auditor(context.new_page())
    finally:
        browser.close()


def in_old_chromium(version: str, html: Path, tasks: Sequence[Task]) -> list[Said]:
    """The same tasks in an old Chromium."""
    asked = [
        {
            "package": None if one.package is None else str(one.package),
            "verdict": _verdict(one.package),
            "kept": list(one.kept),
            "receipts": list(one.receipts),
        }
        for one in tasks
    ]
    task = json.dumps({"page": html.as_uri(), "tasks": asked})
    done = subprocess.run(
        [node(), str(_OLD), version, str(_UNPACKED), task],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    assert seen["agent"].startswith(f"HeadlessChrome/{version}.")
    assert seen["errors"] == [], seen["errors"]
    assert [url for url in seen["asked"] if not url.startswith(("file:", "blob:"))] == []
    return [
        Said(
            one["tone"],
            one["title"],
            [_found(f) for f in one["found"]],
            one["kept"],
            one["receipts"],
        )
        for one in seen["said"]
    ]


def _verdict(package: Path | None) -> str:
    """The verdict on that very package."""
    if package is None:
        return "section.verdict"
    body = package.read_bytes()
    with zipfile.ZipFile(package) as archive:
        if "export.zip" in archive.namelist():
            body = archive.read("export.zip")
    return f"section.verdict[data-sha256='{hashlib.sha256(body).hexdigest()}']"


def _found(row: Sequence[str]) -> Found:
    code, file, number = row
    return Found(code, file, int(number) if number else None)
