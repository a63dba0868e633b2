// The day's claim as the till's own daybook has it, with control totals.

export type LineKind = "sale" | "refund" | "voucher";

export interface ClaimLine {
  counter: number;
  ref: string;
  kind: LineKind;
  original_ref: string | null;
  total_fen: number;
  offset_units: number;
  offset_fen: number;
  paid_fen: number;
  occurred_at: string;
}

export interface ClaimTotals {
  sales: number;
  refunds: number;
  offset_units_plus: number;
  offset_units_minus: number;
  offset_fen_plus: number;
  offset_fen_minus: number;
  first_counter: number;
  last_counter: number;
  hash_total: number;
}

const HASH_MODULUS = 10_000_000_000;

/** Control totals of the lines; plus and minus are never netted. */
export function claimTotals(lines: readonly ClaimLine[]): ClaimTotals {
  const totals: ClaimTotals = {
    sales: 0,
    refunds: 0,
    offset_units_plus: 0,
    offset_units_minus: 0,
    offset_fen_plus: 0,
    offset_fen_minus: 0,
    first_counter: lines.length ? Math.min(...lines.map((line) => line.counter)) : 0,
    last_counter: lines.length ? Math.max(...lines.map((line) => line.counter)) : 0,
    hash_total: 0,
  };
  for (const line of lines) {
    totals.hash_total = (totals.hash_total + line.counter) % HASH_MODULUS;
    if (line.kind !== "refund") {
      totals.sales += 1;
      totals.offset_units_plus += line.offset_units;
      totals.offset_fen_plus += line.offset_fen;
    } else {
      totals.refunds += 1;
      totals.offset_units_minus += line.offset_units;
      totals.offset_fen_minus += line.offset_fen;
    }
  }
  return totals;
}
