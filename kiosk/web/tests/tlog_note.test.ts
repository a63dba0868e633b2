import { p256 } from "@noble/curves/nist.js";
import { afterEach, expect, test, vi } from "vitest";
import { base64, fromBase64, hex } from "../src/rules/tlog/base64";
import { readCheckpoint, readWhole, stepBetween, verifyCheckpoint } from "../src/rules/tlog/checkpoint";
import { readNote, readVerifierKey, signerOf, type VerifierKey, writeVerifierKey } from "../src/rules/tlog/note";
import { readProofText, verifyProofText, writeProofText } from "../src/rules/tlog/proof_text";
import samples from "./samples/tlog.json";

const key = (text: string): VerifierKey => readVerifierKey(text)!;
const keys = [key(samples.keys.Ed25519), key(samples.keys.ES256)];
const leaves = samples.leaves.map((leaf) => fromBase64(leaf)!);
const { origin } = samples;

afterEach(() => vi.unstubAllGlobals());

// c2sp.org/signed-note, "Example".
const PUBLISHED_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const PUBLISHED =
  "This is an example message.\n\n" +
  "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
// golang.org/x/mod/sumdb/note, the example of its documentation.
const GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_NOTE =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

const isSigned = (note: string, ...texts: string[]): boolean => {
  const parts = readNote(note);
  return parts !== null && signerOf(parts, texts.map(key)) !== null;
};

test("the published notes are believed under their published keys and no others", () => {
  expect(isSigned(PUBLISHED, PUBLISHED_KEY)).toBe(true);
  expect(isSigned(GO_NOTE, GO_KEY)).toBe(true);
  expect(isSigned(PUBLISHED, GO_KEY)).toBe(false);
  expect(isSigned(PUBLISHED)).toBe(false);
  expect(isSigned(PUBLISHED, GO_KEY, PUBLISHED_KEY)).toBe(true);
});

test("every changed byte of a signed text is refused, in both algorithms", () => {
  for (const note of [samples.checkpoints.Ed25519, samples.checkpoints.ES256]) {
    expect(verifyCheckpoint(note, origin, keys)?.size).toBe(leaves.length);
    const end = note.indexOf("\n\n");
    for (let at = 0; at < end; at += 1) {
      const changed = note.slice(0, at) + (note[at] === "1" ? "2" : "1") + note.slice(at + 1);
      expect(verifyCheckpoint(changed, origin, keys), `sign ${at}`).toBeNull();
    }
  }
});

test("browsers without WebCrypto verify all the same", () => {
  vi.stubGlobal("crypto", undefined);
  expect(verifyCheckpoint(samples.checkpoints.Ed25519, origin, keys)?.key.alg).toBe("Ed25519");
  expect(verifyCheckpoint(samples.checkpoints.ES256, origin, keys)?.key.alg).toBe("ES256");
});

test("a stranger's signature is passed over, a false one under a known key spoils the note", () => {
  const { Ed25519: note } = samples.checkpoints;
  const [, line = ""] = note.split("\n\n");
  const stranger = key(samples.stranger);
  const other = `\u2014 ${origin} ${base64(Uint8Array.of(...stranger.id, ...new Uint8Array(64)))}\n`;
  const text = note.slice(0, note.indexOf("\n\n") + 2);
  expect(verifyCheckpoint(text + other, origin, keys)).toBeNull();
  expect(verifyCheckpoint(text + other + line, origin, keys)?.key.text).toBe(samples.keys.Ed25519);
  expect(verifyCheckpoint(text + line + other, origin, [...keys, stranger])).toBeNull();
  const renamed = line.replace(origin, "another.example");
  expect(verifyCheckpoint(text + renamed, origin, keys)).toBeNull();
});

test("another log's checkpoint is none of ours", () => {
  expect(verifyCheckpoint(samples.checkpoints.Ed25519, "other.example", keys)).toBeNull();
});

test("the text form of a key is strict", () => {
  for (const text of [samples.keys.Ed25519, samples.keys.ES256, PUBLISHED_KEY, GO_KEY]) {
    const read = key(text);
    expect(writeVerifierKey(read.name, read.alg, read.publicKey)).toBe(text);
  }
  const [name = "", id = "", ...rest] = samples.keys.ES256.split("+");
  for (const wrong of [
    "",
    name,
    `${name}+${id}`,
    `other+${id}+${rest.join("+")}x`,
    samples.keys.Ed25519.replace(/\+[0-9a-f]{8}\+/, "+00000000+"),
    samples.keys.Ed25519.replace("+A", "+B"),
    samples.keys.Ed25519.replace(name, `${name} x`),
    `${name}+${id}+${base64(Uint8Array.of(9, 1, 2))}`,
  ]) {
    expect(readVerifierKey(wrong), wrong).toBeNull();
  }
});

test("an ES256 signature with a high s is a signature too, as the standard has it", () => {
  const { text, signatures } = readNote(samples.checkpoints.ES256)!;
  const [one] = signatures;
  const { r, s } = p256.Signature.fromBytes(one!.signature, "der");
  const order = p256.Point.Fn.ORDER;
  const turned = new p256.Signature(r, order - s).toBytes("der");
  const note = `${text}\n\u2014 ${origin} ${base64(Uint8Array.of(...one!.id, ...turned))}\n`;
  expect(verifyCheckpoint(note, origin, keys)?.key.alg).toBe("ES256");
});

test("notes that are not whole are no notes", () => {
  for (const wrong of [
    "",
    "text only\n",
    PUBLISHED.slice(0, -1),
    PUBLISHED.replace("\n\n", "\n"),
    PUBLISHED.replace("\u2014", "-"),
    PUBLISHED.replace("is an", "is\tan"),
    PUBLISHED.replace("is an", "is\ran"),
    PUBLISHED.replace("aQM=", "aQM"),
    PUBLISHED.replace("aQM=", "aQN="),
    `${PUBLISHED}\n`,
    PUBLISHED + PUBLISHED.split("\n\n")[1]!.repeat(40),
  ]) {
    expect(readNote(wrong), JSON.stringify(wrong).slice(0, 60)).toBeNull();
  }
});

test("checkpoints: the published form, and what is not of that form", () => {
  const published = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  expect(readCheckpoint(published)).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20_852_163, extensions: [] });
  expect(readCheckpoint(`${published}more\n`)?.extensions).toEqual(["more"]);
  for (const wrong of [
    published.replace("20852163", "020852163"),
    published.replace("20852163", "-1"),
    published.replace("20852163", "1e3"),
    published.replace("CsUY", "CsU"),
    published.slice(published.indexOf("\n")),
    published.slice(0, -1),
    `${published}\n`,
  ]) {
    expect(readCheckpoint(wrong), JSON.stringify(wrong)).toBeNull();
  }
  expect(["0", "7", "00", "+7", "7 ", "9007199254740993", ""].map(readWhole)).toEqual([0, 7, null, null, null, null, null]);
});

test("a witness sees growth, standing still, an old note and a fork", () => {
  const at = (size: number) => ({ origin, size, root: fromBase64(samples.roots[size]!)!, extensions: [] });
  const proof = samples.consistency.find((one) => one.old === 5 && one.new === 9)!.path.map((hash) => fromBase64(hash)!);
  expect(stepBetween(at(5), at(9), proof)).toBe("grown");
  expect(stepBetween(at(9), at(5), proof)).toBe("older");
  expect(stepBetween(at(5), at(5), [])).toBe("same");
  expect(stepBetween(at(5), { ...at(5), root: at(6).root }, [])).toBe("forked");
  expect(stepBetween(at(5), { ...at(9), root: at(10).root }, proof)).toBe("forked");
  expect(stepBetween(at(5), at(9), proof.slice(1))).toBe("forked");
  expect(stepBetween(at(0), at(5), [])).toBe("grown");
  expect(stepBetween(at(0), at(0), [])).toBe("same");
  expect(stepBetween({ ...at(0), root: at(1).root }, at(5), [])).toBe("forked");
  expect(stepBetween(at(0), { ...at(0), root: at(1).root }, [])).toBe("forked");
  expect(stepBetween({ ...at(5), root: at(4).root }, at(9), proof)).toBe("forked");
});

test("a proof as text holds for its leaf, and for no other leaf, key or log", () => {
  const { proof } = samples;
  expect(verifyProofText(proof, leaves[5]!, origin, keys)?.size).toBe(leaves.length);
  expect(verifyProofText(proof, leaves[6]!, origin, keys)).toBeNull();
  expect(verifyProofText(proof, leaves[5]!, origin, [key(samples.stranger)])).toBeNull();
  expect(verifyProofText(proof, leaves[5]!, "other.example", keys)).toBeNull();
  expect(verifyProofText(proof.replace("index 5", "index 4"), leaves[5]!, origin, keys)).toBeNull();
  const parts = readProofText(proof)!;
  expect(writeProofText(parts)).toBe(proof);
  const extra = { ...parts, extra: Uint8Array.of(1, 2, 3) };
  expect(readProofText(writeProofText(extra))).toEqual(extra);
  expect(hex(readProofText(writeProofText(extra))!.extra!)).toBe("010203");
  for (const wrong of [proof.replace("@v1", "@v2"), proof.replace("index 5", "index 05"), proof.replace("index 5\n", ""), "", proof.replace("\n\n", "\n")]) {
    expect(verifyProofText(wrong, leaves[5]!, origin, keys)).toBeNull();
  }
});
