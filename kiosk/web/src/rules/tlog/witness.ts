// What a device keeps of the community's log, and how it follows it: as a witness (c2sp.org/tlog-witness) it takes no
// checkpoint that does not grow out of the one it keeps, and no key that the keys it knows did not name.

import { base64, fromBase64 } from "./base64";
import { type Checkpoint, type SignedCheckpoint, stepBetween, verifyCheckpoint } from "./checkpoint";
import { readNote, readVerifierKey, signerOf, type VerifierKey } from "./note";
import { readHashes } from "./proof_text";
import type { Known } from "./proof_code";

/** A published root as a device keeps it; `root` is base64. */
export interface PublishedKept {
  month: number;
  date: number;
  size: number;
  root: string;
  note: string;
}

/** What a device keeps: all of it text and numbers, so that it lies in a store as it is. */
export interface LogKept {
  origin: string;
  /** Keys it believes, as verifier keys; the first was pinned, each later one was named by one before it. */
  keys: string[];
  /** The newest checkpoint it followed; null before the first. */
  note: string | null;
  size: number;
  root: string;
  published: PublishedKept[];
}

/** What the server answers to "I am at size N". */
export interface LogOffer {
  origin: string;
  keys: string[];
  /** Notes by which an older key names a newer one. */
  handovers: string[];
  checkpoint: string | null;
  /** From the device's size to the checkpoint's. */
  path: string[];
  /** Published roots the device may not have, each with its path to the checkpoint's size. */
  published: { month: number; date: number; checkpoint: string; path: string[] }[];
}

/** Why an offer was not taken. */
export type LogFault = "origin" | "signature" | "forked" | "older" | "published";

/** Two notes that cannot both be true, or one that is not signed: for whoever looks into it. */
export interface Evidence {
  why: LogFault;
  kept: string | null;
  offered: string;
  path: string[];
}

export interface Followed {
  kept: LogKept;
  fault: Evidence | null;
}

/** Pins a log: from now on only its keys, and keys they name, are believed. */
export const pinLog = (origin: string, keys: string[]): LogKept => ({ origin, keys, note: null, size: 0, root: "", published: [] });

/** One step after the server's log. What does not hold is not taken and comes back as evidence. */
export function followLog(before: LogKept, offer: LogOffer): Followed {
  const refuse = (why: LogFault, offered: string, path: string[] = offer.path): Followed => ({
    kept: before,
    fault: { why, kept: before.note, offered, path },
  });
  if (offer.origin !== before.origin) return refuse("origin", offer.checkpoint ?? offer.origin);
  const kept = { ...before, keys: withNewKeys(before, offer.handovers) };
  if (offer.checkpoint === null) return before.note === null ? { kept, fault: null } : refuse("older", "");
  const next = verifyCheckpoint(offer.checkpoint, kept.origin, verifiers(kept));
  if (!next) return refuse("signature", offer.checkpoint);
  const why = stepFault(keptHead(kept), next, offer.path);
  if (why) return refuse(why, offer.checkpoint);
  const moved = { ...kept, note: next.note, size: next.size, root: base64(next.root) };
  return withPublished(moved, next, offer);
}

function stepFault(kept: Checkpoint | null, next: Checkpoint, path: readonly string[]): LogFault | null {
  if (!kept) return null;
  if (next.size < kept.size) return "older";
  const hashes = readHashes(path);
  return hashes && stepBetween(kept, next, hashes) !== "forked" ? null : "forked";
}

/** A published root is taken when it is signed, lies in the log that was followed, and no other stood there before. */
function withPublished(kept: LogKept, head: SignedCheckpoint, offer: LogOffer): Followed {
  const published = [...kept.published];
  for (const { month, date, checkpoint, path } of offer.published) {
    const found = verifyCheckpoint(checkpoint, kept.origin, verifiers(kept));
    const hashes = readHashes(path);
    const earlier = published.find((one) => one.month === month);
    const lies = found && hashes && found.size <= head.size && stepBetween(found, head, hashes) !== "forked";
    if (!lies || (earlier && (earlier.size !== found.size || earlier.root !== base64(found.root)))) {
      return { kept, fault: { why: "published", kept: earlier?.note ?? kept.note, offered: checkpoint, path } };
    }
    if (!earlier) published.push({ month, date, size: found.size, root: base64(found.root), note: checkpoint });
  }
  published.sort((one, other) => one.month - other.month);
  return { kept: { ...kept, published }, fault: null };
}

const HANDOVER = "jifen-log-key/1";

/** The keys with those that a believed key names in a note `jifen-log-key/1`, origin, new key. */
function withNewKeys(kept: LogKept, handovers: readonly string[]): string[] {
  const keys = [...kept.keys];
  for (const text of handovers) {
    const note = readNote(text);
    const [head, origin, key = "", end, ...more] = note?.text.split("\n") ?? [];
    const whole = head === HANDOVER && origin === kept.origin && end === "" && more.length === 0;
    const known = keys.map(readVerifierKey).filter(isKey);
    if (!note || !whole || !readVerifierKey(key) || keys.includes(key) || !signerOf(note, known)) continue;
    keys.push(key);
  }
  return keys;
}

const isKey = (key: VerifierKey | null): key is VerifierKey => key !== null;
const verifiers = (kept: LogKept): VerifierKey[] => kept.keys.map(readVerifierKey).filter(isKey);

function keptHead(kept: LogKept): Checkpoint | null {
  const root = fromBase64(kept.root);
  return kept.note === null || !root ? null : { origin: kept.origin, size: kept.size, root, extensions: [] };
}

/** What a device may judge codes by. */
export function knownFrom(kept: LogKept, issuer: string): Known {
  const head = keptHead(kept);
  return {
    issuer,
    origin: kept.origin,
    keys: verifiers(kept),
    published: kept.published.map((one) => ({ ...one, root: fromBase64(one.root)! })),
    newest: head && { size: head.size, root: head.root },
  };
}
