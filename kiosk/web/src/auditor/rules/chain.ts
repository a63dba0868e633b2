// The seal: whether every entry has its place and its rows, whether the root is the one that was signed, and by whom.

import { base64, hex } from "../../rules/tlog/base64";
import { readCheckpoint, type SignedCheckpoint, verifyCheckpoint } from "../../rules/tlog/checkpoint";
import { readNote, readVerifierKey, signerOf, type VerifierKey } from "../../rules/tlog/note";
import { withNewKeys } from "../../rules/tlog/witness";
import type { Findings } from "./findings";
import { FILE as LEAF, type Order } from "./order";
import type { Pack, Placed } from "./pack";

const MANIFEST = "manifest.json";
const CHECKPOINT = "checkpoint.csv";
const LOSSES = "log_recovery.csv";

export type Signed = "yes" | "no" | "none";

export interface Chain {
  size: number;
  /** Over the rows, in hex. */
  root: string;
  isSigned: Signed;
  /** What the signature covers: entries sealed after it was made are not under it yet. Without one, everything there is. */
  signedSize: number;
  signedRoot: string;
  origin: string;
  /** The key that signed, as its text form. */
  signer: string | null;
  note: string | null;
  /** Entries in the files that have no place yet. */
  waiting: number;
  /** Checkpoints signed before and still true of these rows. */
  earlier: number;
  /** Declared losses: the log went on from `size` although `lostSize` entries had been signed. */
  recoveries: { size: number; lostSize: number; at: number }[];
}

export const keysOf = (texts: readonly string[]): VerifierKey[] =>
  texts.map(readVerifierKey).filter((key): key is VerifierKey => key !== null);

/** Holds the order against the rows, the manifest, the signed checkpoint and every earlier one. */
export function* checkChain(pack: Pack, order: Order, findings: Findings): Generator<void, Chain> {
  for (const place of order.missing()) findings.fault("entry_missing", LEAF, place + 2, { place, id: order.ids[place] ?? "" });
  const { manifest } = pack;
  const history = pack.has("checkpoint") ? [...pack.rows("checkpoint")] : [];
  const losses = pack.has("log_recovery") ? [...pack.rows("log_recovery")] : [];
  const keys = keysOf(manifest.keys);
  const signed = manifest.checkpoint === null ? null : openNote(manifest.checkpoint, keys);
  const sizes = [...history, ...losses].map(({ row }) => Number(row["size"]));
  const roots = yield* order.roots([order.size, ...sizes, ...(signed ? [signed.size] : [])]);
  const root = roots.get(order.size)!;
  if (manifest.root !== null && manifest.root !== root) findings.fault("root_other", MANIFEST, null, { wanted: manifest.root, found: root });
  checkKeys(pack, keys, findings);
  const covered = checkSigned(pack, signed, order.size, roots, findings);
  const earlier = checkHistory(history, keys, roots, findings);
  const recoveries = readLosses(losses, keys, covered.origin, roots, findings);
  return { size: order.size, root, ...covered, note: manifest.checkpoint, waiting: order.waiting, earlier, recoveries };
}

type Covered = Pick<Chain, "isSigned" | "origin" | "signer" | "signedSize" | "signedRoot">;

function checkSigned(pack: Pack, signed: SignedCheckpoint | null, size: number, roots: ReadonlyMap<number, string>, findings: Findings): Covered {
  const whole = { signedSize: size, signedRoot: roots.get(size)! };
  const { checkpoint } = pack.manifest;
  if (checkpoint === null) {
    findings.fault("unsigned", MANIFEST, null);
    return { ...whole, isSigned: "none", origin: "", signer: null };
  }
  const origin = readCheckpoint(readNote(checkpoint)?.text ?? "")?.origin ?? "";
  if (!signed) {
    findings.fault("signature_wrong", MANIFEST, null, { origin });
    return { ...whole, isSigned: "no", origin, signer: null };
  }
  const found = roots.get(signed.size);
  if (signed.size > size || hex(signed.root) !== found) {
    findings.fault("checkpoint_root", MANIFEST, null, { wanted: hex(signed.root), found: found ?? whole.signedRoot, signed: signed.size, size });
    return { ...whole, isSigned: "no", origin, signer: signed.key.text };
  }
  return { isSigned: "yes", origin, signer: signed.key.text, signedSize: signed.size, signedRoot: found };
}

/** Every key but the first was named by one before it. */
function checkKeys(pack: Pack, keys: readonly VerifierKey[], findings: Findings): void {
  const { manifest } = pack;
  if (keys.length !== manifest.keys.length) findings.fault("key_bad", MANIFEST, null);
  const [first] = keys;
  if (!first) return;
  const named = new Set(withNewKeys({ origin: first.name, keys: [first.text] }, manifest.handovers));
  for (const { text, name } of keys) if (!named.has(text)) findings.fault("key_not_named", MANIFEST, null, { key: `${name}+${text.split("+")[1] ?? ""}` });
}

/** Counts the earlier checkpoints that still hold. */
function checkHistory(history: readonly Placed[], keys: readonly VerifierKey[], roots: ReadonlyMap<number, string>, findings: Findings): number {
  let right = 0;
  for (const { row, at } of history) {
    const size = Number(row["size"]);
    const found = openNote(row["note"] ?? "", keys);
    const isRight = found !== null && found.size === size && hex(found.root) === roots.get(size) && row["root"] === roots.get(size);
    if (isRight) right += 1;
    else findings.fault("checkpoint_other", CHECKPOINT, at, { size });
  }
  return right;
}

const RECOVERY = "jifen-recovery/1";

/** Losses the office declared under its signature; what it says it kept must be what these rows begin with. */
function readLosses(losses: readonly Placed[], keys: readonly VerifierKey[], origin: string, roots: ReadonlyMap<number, string>, findings: Findings): Chain["recoveries"] {
  return losses.map(({ row, at }) => {
    const size = Number(row["size"]);
    const lostSize = Number(row["lost_size"]);
    const note = readNote(row["note"] ?? "");
    const [head, name, sizeText, rootText, , lostText] = note?.text.split("\n") ?? [];
    const isRight =
      note !== null && signerOf(note, keys) !== null && head === RECOVERY && name === origin &&
      sizeText === String(size) && lostText === String(lostSize) && rootText === rootAsBase64(roots.get(size) ?? "") && row["root"] === roots.get(size);
    if (isRight) findings.look("recovery", LOSSES, at, { size, lost: lostSize });
    else findings.fault("recovery_wrong", LOSSES, at, { size, lost: lostSize });
    return { size, lostSize, at: Number(row["made_at"]) };
  });
}

/** A checkpoint whose signature one of the keys made; its origin is the name of that key's log. */
export function openNote(note: string, keys: readonly VerifierKey[]): SignedCheckpoint | null {
  const head = readCheckpoint(readNote(note)?.text ?? "");
  return head && verifyCheckpoint(note, head.origin, keys);
}

/** A root in hex as the form checkpoints have it in. */
const rootAsBase64 = (root: string): string => base64(Uint8Array.from(root.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
