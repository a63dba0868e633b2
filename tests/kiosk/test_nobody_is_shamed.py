"""Nobody is shamed: what can be spoken is good or neutral news, and no screen can say more than there are clips for."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.refusals import REFUSALS
from kiosk.texts import sentences
from kiosk.voice.__main__ import main
from kiosk.voice.clips import MANIFEST, chosen, clips, found_in
from ledger.database import Database
from tests.support.http import Server

WEB = Path(__file__).parents[2] / "kiosk" / "web" / "src"
SHAMING = re.compile(
    "不足|不够|余额|结余|还剩|剩余|挂失|停用|过期|失效|上限|超过|限额|拒|失败|不能|不可|错|欠|密码|请联系|重复|无效"
)
NUMBERS = set("零一二两三四五六七八九十百千万点元角分")
NEWS = {
    "积分到账",
    "本次抵扣",
    "请看屏幕",
    "为您留好了",
    "工作人员就来",
    "兑换成功，请拿好物品",
    "积分",
}


def scripts() -> dict[str, str]:
    return {
        path.relative_to(WEB).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(WEB.rglob("*.ts*"))
        if "generated" not in path.parts
    }


# --- the clips


def test_every_clip_is_a_number_or_good_or_neutral_news() -> None:
    texts = {clip.text for clip in clips().values()}

    assert texts == NUMBERS | NEWS
    assert [text for text in texts if SHAMING.search(text)] == []


def test_no_sentence_of_a_refusal_can_be_joined_from_the_clips() -> None:
    """Whatever is put together from clips, it is none of the refusals, in words or in their first clause."""
    zh = sentences("zh")
    spoken = {clip.text for clip in clips().values()}
    for code, known in REFUSALS.items():
        sentence = zh.get(known.sentence, "")
        first = re.split("[，。；：]", sentence)[0]
        assert first not in spoken, code


def test_every_clip_has_pinyin_with_a_tone_for_each_sign() -> None:
    for name, clip in clips().items():
        signs = re.sub("[，。]", "", clip.text)
        assert len(re.findall(r"[a-z]+[1-5]", clip.pinyin)) == len(signs), name


# --- the callers


def test_only_the_speaker_speaks() -> None:
    """No synthesiser and no sound file anywhere but in the two files that make sound."""
    for name, code in scripts().items():
        assert "speechSynthesis" not in code, name
        assert "SpeechSynthesisUtterance" not in code, name
        assert "new Audio(" not in code, name
        assert "<audio" not in code, name
        if name not in {"ui/sound.ts", "ui/speaker.ts"}:
            assert "createBufferSource" not in code, name


def test_every_call_of_the_speaker_names_good_or_neutral_news() -> None:
    allowed = {"arrived", "taken", "handed", "kept", "coming", "look"}
    named: set[str] = set()
    for name, code in scripts().items():
        named |= set(re.findall(r'\bnews: "(\w+)"', code))
        calls = re.findall(r"(?<![\w.])(?:say|tell)\(([^)]*)\)", code)
        for call in calls:
            said = set(re.findall(r'"(\w+)"', call))
            assert said <= allowed, f"{name}: {call}"
            assert not re.search(r"balance|available|left|owed|refus|fault", call), (
                f"{name}: {call}"
            )
    assert named == allowed


def test_no_line_that_puts_news_together_knows_a_balance() -> None:
    (news,) = re.findall(r"async function sayNews.*?\n}", scripts()["screens/done.tsx"], re.DOTALL)
    assert not re.search(r"balance|available|left_|refused", news)
    assert "differences.length === 0" in scripts()["screens/done.tsx"]


def test_the_residents_screen_gives_no_tone_of_failure() -> None:
    """Whoever stands in line hears the same two tones, whatever the answer was."""
    for name, code in scripts().items():
        if name.startswith("kiosk/"):
            assert '"failed"' not in code, name
            assert 'role="alert"' not in code or name == "kiosk/set_up.tsx", name


# --- the dialect folder


@pytest.fixture
def standard(tmp_path: Path) -> Path:
    folder = tmp_path / "standard"
    folder.mkdir()
    for name in clips():
        (folder / f"{name}.wav").write_bytes(b"standard")
    listed = {"clips": {name: f"{name}.wav" for name in clips()}}
    (folder / MANIFEST).write_text(json.dumps(listed), encoding="utf-8")
    return folder


def test_what_the_dialect_folder_lacks_comes_from_the_standard_one(
    standard: Path, tmp_path: Path
) -> None:
    local = tmp_path / "voice"
    local.mkdir()
    (local / "ours.mp3").write_bytes(b"dialect")
    listed = {
        "arrived": "ours.mp3",
        "taken": "missing.mp3",
        "insufficient": "ours.mp3",
        "look": "../standard/look.wav",
        "kept": "notes.txt",
    }
    (local / "notes.txt").write_text("no sound", encoding="utf-8")
    (local / MANIFEST).write_text(json.dumps({"clips": listed}), encoding="utf-8")

    found = chosen(local, standard)

    assert found["arrived"] == local / "ours.mp3"
    assert set(found) == set(clips())
    assert {found[name].parent for name in clips() if name != "arrived"} == {standard}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"clips": 3}', '{"clips": {"arrived": 3}}'])
def test_a_manifest_nobody_can_read_holds_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
    assert found_in(tmp_path) == {}
    assert chosen(tmp_path, tmp_path / "nowhere") == {}


def test_the_screens_are_told_which_clips_there_are(
    sqlite_url: str, standard: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(standard, data / "voice")
    (data / "voice" / "arrived.wav").write_bytes(b"dialect")
    db = Database(sqlite_url)
    server = Server(db, settings={"data_dir": str(data)})

    told = server.call("GET", "/voice/manifest.json").get_json()

    assert told["clips"]["arrived"] == "/voice/arrived"
    assert server.call("GET", "/voice/arrived").data == b"dialect"
    for name in ("insufficient", "..%2Fmanifest.json", "manifest"):
        assert server.call("GET", f"/voice/{name}").status_code == 404
    db.close()


def test_the_standard_clips_are_spoken_and_small(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [str(tmp_path)])

    assert done.exit_code == 0, done.output
    assert set(found_in(tmp_path)) == set(clips())
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 500_000
