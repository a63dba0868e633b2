// Signed notes (c2sp.org/signed-note): a text, and who signed it. What signs a key is data, so a second algorithm costs a row.

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8 } from "../bytes";
import { base64, fromBase64, hex, sameBytes } from "./base64";

/** A key notes are checked with, as its text form ("vkey") has it: name, id, algorithm, public bytes. */
export interface VerifierKey {
  text: string;
  name: string;
  id: Uint8Array<ArrayBuffer>;
  alg: Algorithm;
  publicKey: Uint8Array<ArrayBuffer>;
}

export type Algorithm = "Ed25519" | "ES256";

export interface NoteSignature {
  name: string;
  id: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}

/** A note taken apart; nothing in it is to be believed before `signerOf` named a known key. */
export interface Note {
  /** What is signed, with its last newline. */
  text: string;
  signatures: NoteSignature[];
}

interface Scheme {
  alg: Algorithm;
  /** The published id of a key: its first four bytes name it in a signature line. */
  idOf(name: string, publicKey: Uint8Array): Uint8Array;
  isPublicKey(publicKey: Uint8Array): boolean;
  isSignature(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean;
}

/** Everything before the 65 bytes of the point in the DER form of a P-256 key (RFC 5480). */
const P256_HEAD = Uint8Array.of(
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
  0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
);
const P256_BYTES = P256_HEAD.length + 65;

/** By the signature type's byte, as c2sp.org/signed-note assigns them. */
const SCHEMES: Partial<Record<number, Scheme>> = {
  0x01: {
    alg: "Ed25519",
    idOf: (name, publicKey) => sha256(Uint8Array.of(...utf8(`${name}\n`), 0x01, ...publicKey)),
    isPublicKey: (publicKey) => publicKey.length === 32,
    // RFC 8032 as it stands: zip215 would also take points other implementations refuse.
    isSignature: (publicKey, signature, message) =>
      signature.length === 64 && ed25519.verify(signature, message, publicKey, { zip215: false }),
  },
  0x02: {
    alg: "ES256",
    idOf: (_name, publicKey) => sha256(publicKey),
    isPublicKey: (publicKey) => publicKey.length === P256_BYTES && sameBytes(publicKey.subarray(0, P256_HEAD.length), P256_HEAD),
    isSignature: (publicKey, signature, message) =>
      p256.verify(signature, message, publicKey.subarray(P256_HEAD.length), { format: "der", lowS: false }),
  },
};
const SCHEME_BY_NAME = new Map(Object.values(SCHEMES).map((scheme) => [scheme!.alg, scheme!]));

const ID_BYTES = 4;
const MOST_SIGNATURES = 32;
const DASH = "\u2014";
/** No space of any kind and no plus: the characters the formats are cut at. */
const NAME = /^[^\s+]+$/u;

/** Reads a key's text form `name+id+base64(type, public key)`; null where it is not whole or its id is not its own. */
export function readVerifierKey(text: string): VerifierKey | null {
  const [name = "", id = "", ...rest] = text.split("+");
  const bytes = fromBase64(rest.join("+"));
  const scheme = bytes ? SCHEMES[bytes[0] ?? 0] : undefined;
  if (!bytes || !scheme || !NAME.test(name)) return null;
  const publicKey = bytes.slice(1);
  if (!scheme.isPublicKey(publicKey)) return null;
  const own = Uint8Array.from(scheme.idOf(name, publicKey).subarray(0, ID_BYTES));
  return hex(own) === id ? { text, name, id: own, alg: scheme.alg, publicKey } : null;
}

/** The text form of a public key under a name. */
export function writeVerifierKey(name: string, alg: Algorithm, publicKey: Uint8Array): string {
  const scheme = SCHEME_BY_NAME.get(alg)!;
  const type = Number(Object.keys(SCHEMES).find((byte) => SCHEMES[Number(byte)] === scheme));
  const id = scheme.idOf(name, publicKey).subarray(0, ID_BYTES);
  return `${name}+${hex(id)}+${base64(Uint8Array.of(type, ...publicKey))}`;
}

/** Takes a note apart, or null where it has not the published form. */
export function readNote(note: string): Note | null {
  // Control signs other than the newline could make two notes look like one.
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note) || !note.endsWith("\n")) return null;
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0) return null;
  const lines = note.slice(gap + 2, -1).split("\n");
  if (lines.length > MOST_SIGNATURES) return null;
  const signatures = lines.map(readSignature);
  return signatures.every(isFound) ? { text: note.slice(0, gap + 1), signatures } : null;
}

const isFound = (found: NoteSignature | null): found is NoteSignature => found !== null;

function readSignature(line: string): NoteSignature | null {
  const [dash, name = "", encoded = "", ...more] = line.split(" ");
  const bytes = fromBase64(encoded);
  if (dash !== DASH || !NAME.test(name) || more.length > 0 || !bytes || bytes.length <= ID_BYTES) return null;
  return { name, id: bytes.slice(0, ID_BYTES), signature: bytes.slice(ID_BYTES) };
}

/**
 * The known key that signed the note; null where none did. A signature under a known key that does not hold spoils the
 * whole note, as the format demands; signatures of unknown keys are passed over.
 */
export function signerOf(note: Note, known: readonly VerifierKey[]): VerifierKey | null {
  let signer: VerifierKey | null = null;
  for (const { name, id, signature } of note.signatures) {
    const key = known.find((one) => one.name === name && sameBytes(one.id, id));
    if (!key) continue;
    if (!isSignature(key, signature, utf8(note.text))) return null;
    signer ??= key;
  }
  return signer;
}

function isSignature(key: VerifierKey, signature: Uint8Array, message: Uint8Array): boolean {
  try {
    return SCHEME_BY_NAME.get(key.alg)!.isSignature(key.publicKey, signature, message);
  } catch (error) {
    // noble throws on bytes that are no point or no DER; that is a wrong signature, not a fault of ours.
    if (error instanceof Error) return false;
    throw error;
  }
}
