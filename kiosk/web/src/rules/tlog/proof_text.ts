// Proofs as text (c2sp.org/tlog-proof): index, path and checkpoint in one file that is verified without any network.

import { base64, fromBase64 } from "./base64";
import { readWhole, type SignedCheckpoint, verifyCheckpoint } from "./checkpoint";
import type { VerifierKey } from "./note";
import { HASH_BYTES, isIncluded } from "./tree";

const HEAD = "c2sp.org/tlog-proof@v1";
/** 63 hashes prove a place among 2^63 leaves. */
const MOST_HASHES = 63;

export interface ProofText {
  /** What the application added; it is not signed and not believed. */
  extra: Uint8Array<ArrayBuffer> | null;
  index: number;
  path: Uint8Array<ArrayBuffer>[];
  /** The checkpoint's whole note. */
  note: string;
}

/** Takes a proof apart, or null where it has not the published form. */
export function readProofText(text: string): ProofText | null {
  const gap = text.indexOf("\n\n");
  if (gap < 0) return null;
  const lines = text.slice(0, gap).split("\n");
  if (lines.shift() !== HEAD) return null;
  const extra = lines[0]?.startsWith("extra ") ? fromBase64(lines.shift()!.slice("extra ".length)) : undefined;
  const indexLine = lines.shift() ?? "";
  const index = indexLine.startsWith("index ") ? readWhole(indexLine.slice("index ".length)) : null;
  const path = readHashes(lines);
  return extra === null || index === null || !path ? null : { extra: extra ?? null, index, path, note: text.slice(gap + 2) };
}

/** Writes a proof as text. */
export function writeProofText({ extra, index, path, note }: ProofText): string {
  const lines = [HEAD, ...(extra ? [`extra ${base64(extra)}`] : []), `index ${index}`, ...path.map(base64)];
  return `${lines.join("\n")}\n\n${note}`;
}

/** Hashes as base64 lines; null where one is none or there are too many. */
export function readHashes(lines: readonly string[]): Uint8Array<ArrayBuffer>[] | null {
  const hashes = lines.map(fromBase64);
  const isHash = (hash: Uint8Array<ArrayBuffer> | null): hash is Uint8Array<ArrayBuffer> => hash?.length === HASH_BYTES;
  return hashes.length <= MOST_HASHES && hashes.every(isHash) ? hashes : null;
}

/** The checkpoint that holds the leaf, or null: signature, origin and path must all be right. */
export function verifyProofText(
  text: string,
  leaf: Uint8Array,
  origin: string,
  known: readonly VerifierKey[],
): SignedCheckpoint | null {
  const proof = readProofText(text);
  const checkpoint = proof && verifyCheckpoint(proof.note, origin, known);
  if (!proof || !checkpoint) return null;
  return isIncluded(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root) ? checkpoint : null;
}
