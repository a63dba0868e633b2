// What a device keeps of the community's log, and how it follows it: as a witness (c2sp.org/tlog-witness) it takes no
// checkpoint that does not grow out of the one it keeps, and no key that the keys it knows did not name.

import { base64, fromBase64 } from "./base64";
import { type Checkpoint, readWhole, type SignedCheckpoint, stepBetween, verifyCheckpoint } from "./checkpoint";
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
  /** The newest checkpoint it followed (or the declaration it went back by); null before the first. */
  note: string | null;
  size: number;
  root: string;
  published: PublishedKept[];
  /** Earlier heads it followed, thinned out towards the past: where it can go back to after a declared loss. */
  seen: [size: number, root: string][];
  /** Notes by which the community declared a loss, as far as they were heeded. */
  recoveries: string[];
}

/** What the server answers to "I am at size N". */
export interface LogOffer {
  /** Null where the community has no log yet. */
  origin: string | null;
  keys: string[];
  /** Notes by which an older key names a newer one. */
  handovers: string[];
  /** Notes by which the community declared that its log was cut short after a loss. */
  recoveries: string[];
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

/** A loss the community declared under its own key. */
export interface Recovery {
  note: string;
  /** How many entries were kept. */
  size: number;
  /** The head that was given up; one beyond it is not excused. */
  lostSize: number;
  /** 20260302. */
  date: number;
}

export interface Followed {
  kept: LogKept;
  fault: Evidence | null;
  /** What was declared, where `kept` went back because of it: the device must ask again from there. */
  recovered?: Recovery;
}

/** Pins a log: from now on only its keys, and keys they name, are believed. */
export const pinLog = (origin: string, keys: string[]): LogKept => ({ origin, keys, note: null, size: 0, root: "", published: [], seen: [], recoveries: [] });

/**
 * One step after the server's log. What does not hold is not taken and comes back as evidence; where the community has
 * declared a loss under its own key, the device goes back to before it, and says so.
 */
export function followLog(before: LogKept, offer: LogOffer): Followed {
  const step = oneStep(before, offer);
  const declared = step.fault && ["older", "forked"].includes(step.fault.why) ? newRecovery(before, offer) : null;
  return declared ? { kept: goneBack(before, declared), fault: step.fault, recovered: declared } : step;
}

function oneStep(before: LogKept, offer: LogOffer): Followed {
  const refuse = (why: LogFault, offered: string, path: string[] = offer.path): Followed => ({
    kept: before,
    fault: { why, kept: before.note, offered, path },
  });
  // A log that was there and is not any more is an older book like any other.
  if (offer.origin === null) return before.note === null ? { kept: before, fault: null } : refuse("older", "");
  if (offer.origin !== before.origin) return refuse("origin", offer.checkpoint ?? offer.origin);
  const kept = { ...before, keys: withNewKeys(before, offer.handovers) };
  if (offer.checkpoint === null) return before.note === null ? { kept, fault: null } : refuse("older", "");
  const next = verifyCheckpoint(offer.checkpoint, kept.origin, verifiers(kept));
  if (!next) return refuse("signature", offer.checkpoint);
  const why = stepFault(keptHead(kept), next, offer.path);
  if (why) return refuse(why, offer.checkpoint);
  const root = base64(next.root);
  const seen = root === kept.root ? kept.seen : thinned([...kept.seen, [next.size, root]]);
  const moved: LogKept = { ...kept, note: next.note, size: next.size, root, seen };
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

const MOST_SEEN = 96;

/** Keeps the newest heads and ever fewer of the older ones, so that a loss of a day costs little of what was followed. */
function thinned(seen: LogKept["seen"]): LogKept["seen"] {
  if (seen.length <= MOST_SEEN) return seen;
  const half = seen.length / 2;
  return seen.filter((_head, at) => at >= half || at % 2 === 0);
}

const RECOVERY = "jifen-recovery/1";

/** The newest declaration of a loss in which the kept head lies, signed by a believed key and not heeded before. */
function newRecovery(kept: LogKept, offer: LogOffer): Recovery | null {
  const believed = verifiers({ ...kept, keys: withNewKeys(kept, offer.handovers) });
  for (const text of [...offer.recoveries].reverse()) {
    const note = readNote(text);
    const [head, origin, size = "", root = "", day = "", lost = "", lostRoot = "", end, ...more] = note?.text.split("\n") ?? [];
    const whole = head === RECOVERY && origin === kept.origin && end === "" && more.length === 0;
    const [count, lostSize] = [readWhole(size), readWhole(lost)];
    if (!note || !whole || count === null || lostSize === null || fromBase64(root) === null || !/^\d{8}$/.test(day)) continue;
    const lies = count < kept.size && (kept.size < lostSize || (kept.size === lostSize && kept.root === lostRoot));
    if (lies && !kept.recoveries.includes(text) && signerOf(note, believed)) return { note: text, size: count, lostSize, date: Number(day) };
  }
  return null;
}

/** Back to the newest head that lies in what was kept; boards put up after that are for the wall to remember. */
function goneBack(kept: LogKept, { note, size }: Recovery): LogKept {
  const seen = kept.seen.filter(([count]) => count <= size);
  const [last, root] = seen[seen.length - 1] ?? [0, ""];
  return {
    ...kept,
    note: last === 0 ? null : note,
    size: last,
    root,
    published: kept.published.filter((one) => one.size <= size),
    seen,
    recoveries: [...kept.recoveries, note],
  };
}

const HANDOVER = "jifen-log-key/1";

/** The keys with those that a believed key names in a note `jifen-log-key/1`, origin, new key. */
export function withNewKeys(kept: Pick<LogKept, "origin" | "keys">, handovers: readonly string[]): string[] {
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
