"""The catalogues: complete, without doubles, and the same facts in each language."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk import texts

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / name for name in ("ledger", "pos", "settlement", "kiosk")]
CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff01-\uff60]")


def test_a_sentence_is_said_in_chinese_and_in_english() -> None:
    assert texts.translator("zh")("points") == "积分"
    assert texts.translator("en")("points") == "points"


def test_a_language_nobody_wrote_is_a_bug() -> None:
    with pytest.raises(KeyError):
        texts.translator("fr")


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "zh"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB,en;q=0.9", "en"), ("fr", "zh")],
)
def test_a_visitor_gets_chinese_unless_english_is_asked_for_first(
    header: str, language: str
) -> None:
    assert texts.language_for(header) == language


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_sentence_of_the_sources_is_in_the_catalogue_once(language: str) -> None:
    assert texts.faults(language, texts.used_in(*PACKAGES)) == []


def test_the_search_finds_sentences_in_python_templates_and_typescript(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('x = _("One of " "two")\n', encoding="utf-8")
    (tmp_path / "b.html").write_text("<b>{{ _('Two of two') }}</b>", encoding="utf-8")
    (tmp_path / "c.tsx").write_text(
        'const v: string = t("Three {n}"); const w = <b>{t("Four")}</b>;', encoding="utf-8"
    )

    found = texts.used_in(tmp_path)

    assert set(found) == {"One of two", "Two of two", "Three {n}", "Four"}


def test_a_catalogue_with_doubles_gaps_and_strange_facts_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "jifen.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Pay {total}"\nmsgstr "付{sum}"\n\n'
        'msgid "Again"\nmsgstr "再"\n\nmsgid "Again"\nmsgstr "再"\n\n'
        'msgid "Nothing"\nmsgstr ""\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(texts, "_FOLDER", tmp_path)
    texts._messages.cache_clear()

    found = texts.faults("zh", ["Gone"])

    texts._messages.cache_clear()
    assert found == [
        "twice: Again",
        "missing: Gone",
        "empty: Nothing",
        "never said: Pay {total}",
        "unknown fact: Pay {total}",
    ]


def test_the_till_gets_the_sentences_as_json(tmp_path: Path) -> None:
    target = tmp_path / "generated" / "texts.json"

    result = CliRunner().invoke(texts.main, ["export", str(target)])

    assert result.exit_code == 0
    assert json.loads(target.read_text(encoding="utf-8"))["zh"]["points"] == "积分"


def test_no_chinese_stands_in_code_templates_or_typescript() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts._sources(PACKAGES)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if CJK.search(line) and "generator" not in path.parts and "demo" not in path.parts
    ]

    assert found == []
