// What the auditor kept last time, in any of its forms, and whether this book is that book, only longer.

import { fromBase64, fromHex, hex } from "../../rules/tlog/base64";
import { readCheckpoint } from "../../rules/tlog/checkpoint";
import { readNote, signerOf, type VerifierKey } from "../../rules/tlog/note";
import { judgeBoard, readBoardCode } from "../../rules/tlog/proof_code";
import { type Chain, keysOf } from "./chain";
import { BLOCK, type Order } from "./order";

export const KEPT_FORMAT = "jifen-kept/1";

/** A root kept from an earlier time. */
export interface Kept {
  size: number;
  /** In hex. */
  root: string;
  origin: string | null;
  issuer: string | null;
  /** Whether the signature under it holds, with a key of the file or of this export; null where it carries none we can check. */
  isSigned: boolean | null;
  /** Hashes of whole blocks of leaves, where a file of this page was kept. */
  blocks: string[];
  /** Keys that file named, as text. */
  keys: string[];
}

/** The file this page writes with "keep this". */
export interface KeptFile {
  format: string;
  issuer: string;
  origin: string;
  size: string;
  root: string;
  note: string | null;
  keys: string[];
  block: number;
  blocks: string[];
  data_sha256: string;
}

export type Outcome = "longer" | "same" | "rewritten" | "recovered" | "shorter" | "stranger" | "forged";

export interface Comparison {
  outcome: Outcome;
  kept: Kept;
  /** Whether the keys of this package are those of the kept file; a signature by a strange key proves nothing. */
  keys: "same" | "more" | "other" | "unknown";
  /** The first entry that may have been changed, and the first after it that cannot be told; both from 0. */
  from: number;
  before: number;
}

/** Reads a checkpoint note, the code of a notice board, a kept file, or a size and root; null where it is none of them. */
export function readKept(text: string, keys: readonly VerifierKey[], origin: string): Kept | null {
  const trimmed = text.replace(/\r\n/g, "\n").replace(/^\ufeff/, "").trim();
  return readFile(trimmed) ?? readBoard(trimmed, keys, origin) ?? readNoteText(`${trimmed}\n`, keys) ?? readPlain(trimmed);
}

function readFile(text: string): Kept | null {
  if (!text.startsWith("{")) return null;
  let file: Partial<KeptFile>;
  try {
    file = JSON.parse(text) as Partial<KeptFile>;
  } catch {
    return null;
  }
  const size = Number(file.size);
  const root = String(file.root ?? "");
  if (file.format !== KEPT_FORMAT || !isHead(size, root)) return null;
  const blocks = file.block === BLOCK && Array.isArray(file.blocks) ? file.blocks.map(String) : [];
  const keys = Array.isArray(file.keys) ? file.keys.map(String) : [];
  const signed = file.note ? readNoteText(file.note, keysOf(keys)) : null;
  const isSigned = signed ? signed.isSigned === true && signed.size === size && signed.root === root : null;
  return { size, root, origin: file.origin ?? null, issuer: file.issuer ?? null, isSigned, blocks, keys };
}

function readBoard(text: string, keys: readonly VerifierKey[], origin: string): Kept | null {
  const code = readBoardCode(text);
  if (!code) return null;
  const verdict = judgeBoard(code, { issuer: code.issuer, origin, keys, published: [], newest: null });
  const isSigned = verdict.kind === "stranger" ? null : verdict.kind !== "forged";
  return { size: code.size, root: hex(code.root), origin: null, issuer: code.issuer, isSigned, blocks: [], keys: [] };
}

function readNoteText(text: string, keys: readonly VerifierKey[]): Kept | null {
  const note = readNote(text);
  const head = note && readCheckpoint(note.text);
  if (!note || !head) return null;
  const isKnown = note.signatures.some(({ name, id }) => keys.some((key) => key.name === name && hex(key.id) === hex(id)));
  const isSigned = isKnown ? signerOf(note, keys) !== null : null;
  return { size: head.size, root: hex(head.root), origin: head.origin, issuer: null, isSigned, blocks: [], keys: [] };
}

/** A size and a root as somebody wrote them down: `1234 ab12…`, the root in hex or base64. */
function readPlain(text: string): Kept | null {
  const [sizeText = "", ...rest] = text.split(/[\s,;:\uff0c\uff1b\uff1a]+/);
  const spelled = rest.join("");
  const bytes = fromHex(spelled.toLowerCase()) ?? fromBase64(spelled);
  const size = /^\d+$/.test(sizeText) ? Number(sizeText) : Number.NaN;
  const root = bytes ? hex(bytes) : "";
  return isHead(size, root) ? { size, root, origin: null, issuer: null, isSigned: null, blocks: [], keys: [] } : null;
}

const isHead = (size: number, root: string): boolean => Number.isSafeInteger(size) && size >= 0 && /^[0-9a-f]{64}$/.test(root);

/** What this book is, for the comparison. */
export interface Now {
  chain: Chain;
  issuer: string;
  keys: readonly string[];
}

/** Recomputes the kept root from this book's rows. */
export function* compareKept(kept: Kept, order: Order, { chain, issuer, keys }: Now): Generator<void, Comparison> {
  const whole = { kept, keys: compareKeys(kept.keys, keys), from: 0, before: Math.min(kept.size, order.size) };
  if ((kept.origin !== null && chain.origin !== "" && kept.origin !== chain.origin) || (kept.issuer !== null && kept.issuer !== issuer)) {
    return { ...whole, outcome: "stranger" };
  }
  // A root with a wrong signature was never this community's; it says nothing about the book.
  if (kept.isSigned === false) return { ...whole, outcome: "forged" };
  const roots = kept.size > order.size ? null : yield* order.roots([kept.size]);
  if (roots?.get(kept.size) === kept.root) return { ...whole, outcome: kept.size === order.size ? "same" : "longer" };
  const loss = chain.recoveries.find(({ size, lostSize }) => size < kept.size && kept.size <= lostSize);
  if (loss) return { ...whole, outcome: "recovered", from: loss.size, before: kept.size };
  if (!roots) return { ...whole, outcome: "shorter", from: order.size, before: kept.size };
  if (kept.blocks.length === 0) return { ...whole, outcome: "rewritten" };
  const blocks = yield* order.blocks(kept.size);
  const first = kept.blocks.findIndex((hash, n) => hash !== blocks[n]);
  // Where every whole block agrees, it is among the leaves after the last of them.
  const from = (first < 0 ? kept.blocks.length : first) * BLOCK;
  return { ...whole, outcome: "rewritten", from, before: first < 0 ? kept.size : from + BLOCK };
}

/** Keys are only ever added: the ones that were kept must be the first ones still. */
function compareKeys(kept: readonly string[], now: readonly string[]): Comparison["keys"] {
  if (kept.length === 0) return "unknown";
  if (kept.some((key, n) => now[n] !== key)) return "other";
  return kept.length === now.length ? "same" : "more";
}
