// The seal of a day's batch (a compact JWS, ES256): what the till expected, what it counted over the rows it sends, the
// batch before and all rows, so that nobody can change, drop or slip in one without its being seen.

import { base64url, utf8 } from "./bytes";
import type { ClaimLine, ClaimTotals } from "./claim";
import { type Digest, part, type Sign } from "./proof";

export interface BatchFacts {
  communityId: string;
  terminalId: string;
  batchNo: number;
  /** yyyymmdd. */
  day: number;
  /** The hash of the batch before; empty for the first that is sealed. */
  before: string;
  /** From the tally shown to the clerk. */
  totals: ClaimTotals;
  lines: readonly ClaimLine[];
}

export interface BatchSeal {
  seal: string;
  /** What the next batch names. */
  hash: string;
}

export async function sealBatch(facts: BatchFacts, digest: Digest, sign: Sign): Promise<BatchSeal> {
  const { totals } = facts;
  const head = part({ typ: "jifen-batch", alg: "ES256", kid: facts.terminalId });
  const payload = part({
    c: facts.communityId,
    n: facts.batchNo,
    d: facts.day,
    p: facts.before,
    h: [totals.sales + totals.refunds, totals.offset_units_plus - totals.offset_units_minus, totals.offset_fen_plus - totals.offset_fen_minus],
    t: countRows(facts.lines),
    b: base64url(await digest(utf8(rowsText(facts.lines)))),
  });
  const signed = `${head}.${payload}`;
  const seal = `${signed}.${base64url(await sign(utf8(signed)))}`;
  return { seal, hash: base64url(await digest(utf8(seal))) };
}

/** How many rows go out, and what they come to with refunds taken off: points in units, yuan in fen. */
export function countRows(lines: readonly ClaimLine[]): [number, number, number] {
  let units = 0;
  let fen = 0;
  for (const line of lines) {
    const sign = line.kind === "refund" ? -1 : 1;
    units += sign * line.offset_units;
    fen += sign * line.offset_fen;
  }
  return [lines.length, units, fen];
}

/** Each row as one line of text; the server makes the same of what arrives. */
export function rowsText(lines: readonly ClaimLine[]): string {
  return lines.map((line) => `${rowCells(line).join("|")}\n`).join("");
}

const rowCells = (line: ClaimLine): (string | number)[] => [
  line.counter,
  line.ref,
  line.kind,
  line.original_ref ?? "",
  line.total_fen,
  line.offset_units,
  line.offset_fen,
  line.paid_fen,
  Date.parse(line.occurred_at),
];
