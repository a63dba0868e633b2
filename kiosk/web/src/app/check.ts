// Checking a code of the seal: from what the device keeps; with network also what that alone cannot settle.

import { base64 } from "../rules/tlog/base64";
import { readWhole } from "../rules/tlog/checkpoint";
import { isSealCode } from "../rules/tlog/code_form";
import {
  confirm,
  type Facts,
  judge,
  judgeBoard,
  type Known,
  type ProofCode,
  readBoardCode,
  readProofCode,
  type Verdict,
} from "../rules/tlog/proof_code";
import { readHashes } from "../rules/tlog/proof_text";

export interface Checked {
  verdict: Verdict;
  facts: Facts | null;
  /** Whether the server was asked too. */
  compared: boolean;
}

/** Where a leaf stands in the tree of some size, as the server says it. */
export interface LeafProof {
  index: string;
  path: string[];
}

/** Asks the server about a code's leaf in the tree of a size: its place, that it has none there, or null: no answer. */
export type Ask = (code: ProofCode, size: number) => Promise<LeafProof | "absent" | null>;

/** Where to ask that. A receipt that was only promised is found by its number, any other by its place. */
export function leafPath(issuer: string, code: ProofCode, size: number): string {
  const which = code.size > 0 ? `index=${code.index}` : `ref=${encodeURIComponent(code.facts["ref"] ?? "")}`;
  return `/api/v1/log/leaf?community=${issuer}&size=${size}&leaf=${encodeURIComponent(base64(code.leaf))}&${which}`;
}

/** A promise older than this must have been kept. */
const PROMISE_S = 86_400;
const CONTRADICTS: Verdict = { kind: "forged", why: "contradicts" };

/** Checks a scanned text without network; null where it is no code of the seal at all. */
export function checkCode(text: string, known: Known): Checked | null {
  if (!isSealCode(text)) return null;
  const code = readProofCode(text);
  if (code) return { verdict: judge(code, known), facts: code.facts, compared: false };
  const board = readBoardCode(text);
  return { verdict: board ? judgeBoard(board, known) : { kind: "unreadable" }, facts: null, compared: false };
}

/** The same with the server's help, for receipts that are signed and not settled by what the device keeps. */
export async function compareCode(text: string, known: Known, ask: Ask, nowS: number): Promise<Checked | null> {
  const first = checkCode(text, known);
  const code = readProofCode(text);
  const open = first && ["newer", "between", "promised"].includes(first.verdict.kind);
  const size = known.newest?.size ?? 0;
  if (!first || !code || !open || size === 0 || size < code.size) return first;
  const answer = await ask(code, size);
  if (answer === null) return first;
  if (answer === "absent") return { ...first, verdict: isFresh(code, nowS) ? first.verdict : CONTRADICTS, compared: true };
  const settled = settle(code, known, answer, size);
  const board = settled.kind === "kept" && known.published.find((one) => one.size > Number(answer.index));
  const onBoard = board ? await ask(code, board.size) : null;
  if (board && onBoard === "absent") return { ...first, verdict: CONTRADICTS, compared: true };
  const verdict = board && onBoard && onBoard !== "absent" ? settle(code, known, onBoard, board.size) : settled;
  return { ...first, verdict, compared: true };
}

/** What does not prove itself contradicts a signed code: then the book is at fault, not the paper. */
function settle(code: ProofCode, known: Known, { index, path }: LeafProof, size: number): Verdict {
  const place = readWhole(index);
  const hashes = readHashes(path);
  const verdict = place !== null && hashes ? confirm(code, known, place, size, hashes) : CONTRADICTS;
  return verdict.kind === "forged" ? CONTRADICTS : verdict;
}

const isFresh = (code: ProofCode, nowS: number): boolean =>
  code.size === 0 && nowS - Number(code.facts["signed_at"] ?? "0") < PROMISE_S;
