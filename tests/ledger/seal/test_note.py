"""Signed notes and checkpoints: the published examples, both algorithms, and everything a forger might try."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.seal.note import (
    ALGORITHMS,
    Head,
    NoteError,
    Verifier,
    head_text,
    new_signer,
    open_head,
    open_note,
    parse_head,
    parse_note,
    sign_head,
    sign_note,
)

# The example of the C2SP signed-note specification.
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
    "RKuwHjG1Yu72IneyaQM=\n"
)
# Two public logs' checkpoints under P-256 keys, as the tests of github.com/transparency-dev/formats hold them.
REKOR_KEY = (
    "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGvXwBcK5AW5i0hrZLOC96l"
    "+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc="
)
REKOR_NOTE = (
    "Rekor\n798034\nf+7CoKgXKE/tNys9TTXcr/ad6U/K3xvznmzew9y6SP0=\n\n"
    "\u2014 rekor.sigstore.dev wNI9ajBEAiARInWIWyCdyG27CO6LPnPekyw20qO0YJfoaPaowGp/XgIgc+qEHS3+GKVClgqq20uDLet7"
    "MCoTURUCRdxwWBHHufk=\n"
)
PIXEL_KEY = (
    "pixel6_transparency_log+91c16e30+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN+4x0Jk1yTwvLFI9A4NDdGZcX0aiWVdWM5XJVy0"
    "M4VWD3AvyW5Q6Hs9A0mcDkpUoYgn+KKPNzFC0H3nN3q6JQ8="
)
PIXEL_NOTE = (
    "DEFAULT\n10\nbsWRucJU5xJPHb5eBdOm6+DM+VelCZBuvtI3sHERJ9Y=\n\n"
    "\u2014 pixel6_transparency_log kcFuMDBFAiEAhqMAP8P6qf6QxtUJhzMhbN+MbZ9dwfUHzGQJmffJHtoCIGD0cNe47dHWBoPwYdgB"
    "CepB06/+g5O1FmYjXl06owL4\n"
)
PUBLISHED = [(C2SP_KEY, C2SP_NOTE), (REKOR_KEY, REKOR_NOTE), (PIXEL_KEY, PIXEL_NOTE)]
HEAD = Head("jifen/CA01", 3, bytes(range(32)))

algorithms = pytest.mark.parametrize("alg", sorted(ALGORITHMS))


@pytest.mark.parametrize(("key", "note"), PUBLISHED)
def test_the_published_notes_are_believed(key: str, note: str) -> None:
    assert open_note(note, [Verifier.from_text(key)]).text == note[: note.index("\n\n") + 1]


@pytest.mark.parametrize(("key", "note"), PUBLISHED)
def test_a_published_key_is_written_as_it_was_read(key: str, note: str) -> None:
    del note
    assert Verifier.from_text(key).text == key


@pytest.mark.parametrize(("key", "note"), PUBLISHED)
def test_a_published_note_with_other_words_is_refused(key: str, note: str) -> None:
    with pytest.raises(NoteError):
        open_note("x" + note[1:], [Verifier.from_text(key)])


@pytest.mark.parametrize(
    "text",
    [
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+CekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530d903a",
        "",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "rekor.sigstore.dev+NOT_A_NUMBER+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA==",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Verifier.from_text(text)


@algorithms
def test_a_key_survives_being_written(alg: str) -> None:
    key = new_signer("jifen/CA01", alg).verifier

    assert Verifier.from_text(key.text) == key


@algorithms
def test_a_checkpoint_says_what_was_signed(alg: str) -> None:
    signer = new_signer("jifen/CA01", alg)
    note = sign_head(HEAD, [signer])

    assert open_head(note, [signer.verifier], origin="jifen/CA01") == HEAD
    assert note.startswith("jifen/CA01\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n\u2014 ")


@algorithms
def test_a_note_by_a_stranger_is_refused(alg: str) -> None:
    signer, stranger = new_signer("jifen/CA01", alg), new_signer("jifen/CA01", alg)

    with pytest.raises(NoteError, match="no key we know"):
        open_head(sign_head(HEAD, [stranger]), [signer.verifier], origin="jifen/CA01")


@algorithms
def test_another_logs_checkpoint_is_refused(alg: str) -> None:
    signer = new_signer("jifen/CA01", alg)
    other = sign_head(HEAD._replace(origin="jifen/CA02"), [signer])

    with pytest.raises(NoteError, match="another log"):
        open_head(other, [signer.verifier], origin="jifen/CA01")


def test_two_keys_may_sign_and_either_is_enough() -> None:
    first, second = (new_signer("jifen/CA01", alg) for alg in sorted(ALGORITHMS))
    note = sign_head(HEAD, [first, second])

    for trusted in ([first.verifier], [second.verifier], [first.verifier, second.verifier]):
        assert open_head(note, trusted, origin="jifen/CA01") == HEAD


def test_a_wrong_signature_by_a_known_key_spoils_the_note() -> None:
    first, second = (new_signer("jifen/CA01", alg) for alg in sorted(ALGORITHMS))
    good = sign_head(HEAD, [first])
    other = sign_head(HEAD._replace(size=4), [second])

    with pytest.raises(NoteError, match="does not fit"):
        open_note(good + other.split("\n\n")[1], [first.verifier, second.verifier])


@algorithms
@pytest.mark.parametrize(
    "text",
    ["a\n3\n", "a\n03\n" + "A" * 43 + "=\n", "a\n-3\n" + "A" * 43 + "=\n", "a\n3\nAAAA\n",
     "a\n\u0663\n" + "A" * 43 + "=\n", "a\n" + "9" * 5_000 + "\n" + "A" * 43 + "=\n", "\n3\n" + "A" * 43 + "=\n"],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(alg: str, text: str) -> None:
    signer = new_signer("a", alg)
    with pytest.raises(NoteError):
        open_head(sign_note(text, [signer]), [signer.verifier], origin="a")


def test_lines_after_the_root_are_let_be() -> None:
    assert parse_head(head_text(HEAD) + "more\n") == HEAD


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n\u2014 name AAAA",
        "text\n\n\u2014 name AAAAAA==\n",
        "text\n\n- name AAAAAAAAAAA=\n",
        "text\n\n\u2014  AAAAAAAAAAA=\n",
        "te\txt\n\n\u2014 name AAAAAAAAAAA=\n",
        "text\n\n" + "\u2014 name AAAAAAAAAAA=\n" * 17,
        "x" * 200_000 + "\n\n\u2014 name AAAAAAAAAAA=\n",
        "text\n\n\u2014 name AAAAAAAAAAB=\n",
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        parse_note(note)


def test_sixteen_signatures_are_read() -> None:
    assert len(parse_note("text\n\n" + "\u2014 name AAAAAAAAAAA=\n" * 16).signatures) == 16


@given(st.text(max_size=200))
def test_nothing_a_stranger_sends_is_a_fault_of_ours(note: str) -> None:
    key = Verifier.from_text(C2SP_KEY)
    with pytest.raises(NoteError):
        open_note(note, [key])


SIGNERS = {alg: new_signer("jifen/CA01", alg) for alg in ALGORITHMS}
NOTES = {alg: sign_head(HEAD, [signer]) for alg, signer in SIGNERS.items()}


@algorithms
@given(data=st.data())
def test_no_changed_letter_is_believed(alg: str, data: st.DataObject) -> None:
    signer, note = SIGNERS[alg], NOTES[alg]
    at = data.draw(st.integers(0, len(note) - 1))
    letter = data.draw(st.characters().filter(lambda sign: sign != note[at]))
    changed = note[:at] + letter + note[at + 1 :]

    with pytest.raises(NoteError):
        open_head(changed, [signer.verifier], origin="jifen/CA01")


def test_a_key_needs_a_name_without_spaces() -> None:
    with pytest.raises(ValueError, match="cannot name"):
        new_signer("jifen CA01", "Ed25519")


def test_a_note_ends_with_a_newline() -> None:
    with pytest.raises(ValueError, match="newline"):
        sign_note("text", [])


def test_half_a_pair_of_escapes_is_no_note() -> None:
    with pytest.raises(NoteError, match="no text"):
        parse_note("\ud800\n\n")
