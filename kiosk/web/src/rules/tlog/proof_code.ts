// The code on a receipt or statement: facts, leaf, path and one signature over all of it, so that any device of the
// community can check it without network. And the code of the notice board: a signed checkpoint.
//
// JP1. and base32 of: version 1, issuer (4), facts (length, text), leaf (32), index, size, path (count, 32 each),
// key id (4), signature. Lengths, index and size are LEB128. Size 0 stands for "promised, not sealed yet".
// JC1. and base32 of: version 1, issuer (4), size, root (32), key id (4), signature of the checkpoint's note.

import { base32, fromBase32 } from "./base32";
import { base64, sameBytes } from "./base64";
import { checkpointText } from "./checkpoint";
import { BOARD, PROOF } from "./code_form";
import { type Note, signerOf, type VerifierKey } from "./note";
import { HASH_BYTES, rootFromPath } from "./tree";

const VERSION = 1;
const ISSUER_BYTES = 4;
const ID_BYTES = 4;
const MOST_BYTES = 2_600;

/** What a receipt says, as `name=value`; the names are those of the server's slips. */
export type Facts = Readonly<Partial<Record<string, string>>>;

interface Signed {
  issuer: string;
  size: number;
  keyId: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}

/** A receipt's code taken apart; nothing in it is to be believed before `judge`. */
export interface ProofCode extends Signed {
  factsText: string;
  facts: Facts;
  leaf: Uint8Array<ArrayBuffer>;
  index: number;
  path: Uint8Array<ArrayBuffer>[];
}

/** A board's code taken apart. */
export interface BoardCode extends Signed {
  root: Uint8Array<ArrayBuffer>;
}

/** Takes the code of a receipt or statement apart, alone or at the end of an address; null where it is none. */
export function readProofCode(text: string): ProofCode | null {
  return read(PROOF, text, (reader) => {
    const issuer = reader.ascii(ISSUER_BYTES);
    const factsText = reader.ascii(reader.whole());
    const leaf = reader.take(HASH_BYTES);
    const index = reader.whole();
    const size = reader.whole();
    const path = Array.from({ length: reader.byte() }, () => reader.take(HASH_BYTES));
    return { issuer, factsText, facts: factsOf(factsText), leaf, index, size, path, keyId: reader.take(ID_BYTES), signature: reader.rest() };
  });
}

/** Takes the code of a notice board apart; null where it is none. */
export function readBoardCode(text: string): BoardCode | null {
  return read(BOARD, text, (reader) => {
    const issuer = reader.ascii(ISSUER_BYTES);
    const size = reader.whole();
    const root = reader.take(HASH_BYTES);
    return { issuer, size, root, keyId: reader.take(ID_BYTES), signature: reader.rest() };
  });
}

function read<T>(form: RegExp, text: string, parts: (reader: Reader) => T): T | null {
  const body = form.exec(text.trim())?.[1];
  const bytes = body && body.length < 2 * MOST_BYTES ? fromBase32(body) : null;
  if (!bytes || bytes[0] !== VERSION) return null;
  try {
    return parts(new Reader(bytes.subarray(1)));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function factsOf(text: string): Facts {
  const pairs = text.split("|").map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** Reads fields off the front; whatever does not fit is a RangeError. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  take(count: number): Uint8Array<ArrayBuffer> {
    if (this.at + count > this.bytes.length) throw new RangeError("too short");
    this.at += count;
    return this.bytes.slice(this.at - count, this.at);
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** LEB128; only one way to write a number, and none beyond 2^53. */
  whole(): number {
    let value = 0;
    for (let place = 1; place < 2 ** 53; place *= 128) {
      const byte = this.byte();
      value += (byte % 128) * place;
      if (byte < 128) {
        if ((byte === 0 && place > 1) || !Number.isSafeInteger(value)) throw new RangeError("not written shortly");
        return value;
      }
    }
    throw new RangeError("too large");
  }

  ascii(count: number): string {
    const text = String.fromCharCode(...this.take(count));
    if (!/^[ -~]*$/.test(text)) throw new RangeError("not plain text");
    return text;
  }

  rest(): Uint8Array<ArrayBuffer> {
    const found = this.take(this.bytes.length - this.at);
    if (found.length === 0) throw new RangeError("no signature");
    return found;
  }
}

/** Bytes of a code for its text; the other way round than the readers above. */
export const writeCode = (kind: "JP1" | "JC1", bytes: Uint8Array): string => `${kind}.${base32(bytes)}`;

// --- judging

export interface Published {
  /** 202603: the month whose board carried it. */
  month: number;
  /** 20260401: the day it was put up. */
  date: number;
  size: number;
  root: Uint8Array;
}

/** What a device keeps of a community's log. */
export interface Known {
  issuer: string;
  origin: string;
  keys: readonly VerifierKey[];
  published: readonly Published[];
  /** The newest checkpoint it has followed, null where it follows none. */
  newest: { size: number; root: Uint8Array } | null;
}

export type Verdict =
  | { kind: "published"; published: Published }
  /** The very root this device keeps, which no board carries yet. */
  | { kind: "kept" }
  /** Signed, and sealed later than the last published root. */
  | { kind: "newer" }
  /** Signed, and sealed before a published root that cannot be compared without the server. */
  | { kind: "between" }
  /** Signed at the counter, before it was sealed. */
  | { kind: "promised" }
  | { kind: "forged"; why: "path" | "signature" | "contradicts" }
  /** Signed with a key this device does not know. */
  | { kind: "stranger" }
  | { kind: "foreign" }
  /** It begins like a code of the seal and is none: read wrongly, or changed. */
  | { kind: "unreadable" };

/** What the code of a receipt or statement is worth, from what this device keeps and nothing else. */
export function judge(code: ProofCode, known: Known): Verdict {
  if (code.issuer !== known.issuer) return { kind: "foreign" };
  const promised = code.size === 0;
  const root = promised ? null : rootFromPath(code.leaf, code.index, code.size, code.path);
  if (promised ? code.path.length > 0 || code.index !== 0 : root === null) return { kind: "forged", why: "path" };
  const fault = signatureFault(slipText(code, known.origin, root), code, known);
  if (fault) return fault;
  return root ? placeOf(code.size, root, known) : { kind: "promised" };
}

/** What the code of a notice board is worth. */
export function judgeBoard(code: BoardCode, known: Known): Verdict {
  if (code.issuer !== known.issuer) return { kind: "foreign" };
  return signatureFault(checkpointText(known.origin, code.size, code.root), code, known) ?? placeOf(code.size, code.root, known);
}

/**
 * The verdict once the server has proven the receipt's leaf against a root this device keeps; `forged` where the proof
 * leads elsewhere. The code itself must have been judged before.
 */
export function confirm(code: ProofCode, known: Known, index: number, size: number, path: readonly Uint8Array[]): Verdict {
  const root = rootFromPath(code.leaf, index, size, path);
  const place: Verdict = root ? placeOf(size, root, known) : { kind: "forged", why: "path" };
  return place.kind === "newer" || place.kind === "between" ? { kind: "forged", why: "path" } : place;
}

/** The text that is signed under a receipt. Its first line keeps it from ever being a checkpoint. */
export function slipText(code: ProofCode, origin: string, root: Uint8Array | null): string {
  return ["jifen-slip/1", origin, code.size, root ? base64(root) : "-", code.index, base64(code.leaf), code.factsText, ""].join("\n");
}

function signatureFault(text: string, { keyId, signature }: Signed, known: Known): Verdict | null {
  const key = known.keys.find((one) => sameBytes(one.id, keyId));
  if (!key) return { kind: "stranger" };
  const note: Note = { text, signatures: [{ name: key.name, id: key.id, signature }] };
  return signerOf(note, [key]) ? null : { kind: "forged", why: "signature" };
}

function placeOf(size: number, root: Uint8Array, known: Known): Verdict {
  const published = known.published.find((one) => one.size === size);
  const kept = published ?? (known.newest?.size === size ? known.newest : undefined);
  if (kept && !sameBytes(kept.root, root)) return { kind: "forged", why: "contradicts" };
  if (published) return { kind: "published", published };
  if (kept) return { kind: "kept" };
  return { kind: known.published.some((one) => one.size > size) ? "between" : "newer" };
}
