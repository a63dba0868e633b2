// Checkpoints (c2sp.org/tlog-checkpoint): how large the log is and what its root is, signed by the community.

import { base64, fromBase64, sameBytes } from "./base64";
import { readNote, signerOf, type VerifierKey } from "./note";
import { emptyRoot, HASH_BYTES, isConsistent } from "./tree";

export interface Checkpoint {
  /** Which log: the first line, the same for ever. */
  origin: string;
  size: number;
  root: Uint8Array<ArrayBuffer>;
  /** Lines after the root; this log writes none. */
  extensions: string[];
}

/** A checkpoint whose signature holds, with the note it came in and the key that signed it. */
export interface SignedCheckpoint extends Checkpoint {
  note: string;
  key: VerifierKey;
}

/** Reads the text of a checkpoint; null where it has not the published form. Nothing is verified. */
export function readCheckpoint(text: string): Checkpoint | null {
  const lines = text.split("\n");
  const [origin = "", sizeText = "", rootText = ""] = lines;
  const size = readWhole(sizeText);
  const root = fromBase64(rootText);
  const extensions = lines.slice(3, -1);
  const whole = lines.length >= 4 && lines[lines.length - 1] === "" && origin !== "" && extensions.every((line) => line !== "");
  return whole && size !== null && root?.length === HASH_BYTES ? { origin, size, root, extensions } : null;
}

/** The text a log signs for a size and root. */
export const checkpointText = (origin: string, size: number, root: Uint8Array): string => `${origin}\n${size}\n${base64(root)}\n`;

/** Believes a checkpoint or not: form, origin and the signature of a known key must all be right. */
export function verifyCheckpoint(note: string, origin: string, known: readonly VerifierKey[]): SignedCheckpoint | null {
  const parts = readNote(note);
  const checkpoint = parts && readCheckpoint(parts.text);
  if (!parts || !checkpoint || checkpoint.origin !== origin) return null;
  const key = signerOf(parts, known);
  return key && { ...checkpoint, note, key };
}

/** What a newer checkpoint is to the one kept before it. */
export type Step = "grown" | "same" | "older" | "forked";

/** Compares two checkpoints of one log as a witness does; `path` proves the step from the smaller to the larger. */
export function stepBetween(kept: Checkpoint, next: Checkpoint, path: readonly Uint8Array[]): Step {
  const [old, young] = next.size < kept.size ? [next, kept] : [kept, next];
  // Every log begins with the empty one, and there is nothing to prove then.
  const begins =
    old.size === 0
      ? path.length === 0 && sameBytes(old.root, emptyRoot()) && (young.size > 0 || sameBytes(young.root, old.root))
      : isConsistent(old.size, old.root, young.size, young.root, path);
  if (!begins) return "forked";
  if (next.size === kept.size) return "same";
  return next.size < kept.size ? "older" : "grown";
}

/** A whole number in decimal without leading zeros, as these formats write sizes and indexes; null for anything else. */
export function readWhole(text: string): number | null {
  if (!/^(0|[1-9]\d*)$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
