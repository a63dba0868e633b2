// What a shift comes to, from the lines of the daybook alone.

/** Where a till's shifts stand; amounts in fen. */
export interface ShiftHead {
  entry_no: number;
  hash: string;
  shift_no: number;
  is_open: boolean;
  left_fen: number;
  last_counter: number;
  opened_fen: number;
}

export interface SummedLine {
  kind: string;
  state: string;
  channel: string | null;
  original_ref: string | null;
  total_fen: number;
  offset_fen: number;
  paid_fen: number;
}

export interface ShiftSums {
  sales: number;
  refunds: number;
  other: number;
  /** Yuan the sales brought, by the way they were paid, in fen; what came back is not taken off. */
  paid_fen: Record<string, number>;
  offset_fen: number;
  offset_back_fen: number;
  /** Yuan given back from the drawer, for sales paid in cash. */
  cash_back_fen: number;
  /** Yuan given back otherwise, or for a sale this till does not know. */
  other_back_fen: number;
  slips: number;
}

const NOTHING: ShiftSums = { sales: 0, refunds: 0, other: 0, paid_fen: {}, offset_fen: 0, offset_back_fen: 0, cash_back_fen: 0, other_back_fen: 0, slips: 0 };

/** Adds the lines of a shift up; `channelOf` says how the sale behind a refund was paid, null where nobody knows. */
export function shiftSums(lines: SummedLine[], channelOf: (ref: string) => string | null): ShiftSums {
  const sums: ShiftSums = { ...NOTHING, paid_fen: {} };
  for (const line of lines) {
    if (line.state !== "booked") continue;
    sums.slips += 1;
    if (line.kind === "sale") {
      const how = line.channel ?? "";
      sums.sales += 1;
      sums.offset_fen += line.offset_fen;
      sums.paid_fen[how] = (sums.paid_fen[how] ?? 0) + line.paid_fen;
    } else if (line.kind === "refund") {
      sums.refunds += 1;
      sums.offset_back_fen += line.offset_fen;
      if (line.original_ref && channelOf(line.original_ref) === "cash") sums.cash_back_fen += line.paid_fen;
      else sums.other_back_fen += line.paid_fen;
    } else sums.other += 1;
  }
  return sums;
}

/** What should lie in the drawer, in fen. */
export const expectedCash = (openedFen: number, sums: ShiftSums): number =>
  openedFen + (sums.paid_fen["cash"] ?? 0) - sums.cash_back_fen;
