// What a sale's points are worth, and what a refund gives back: the till's own arithmetic.

/** Yuan off for `units` of points; `unitsPerFen` is how many units take one fen off. */
export function offsetFen(units: number, unitsPerFen: number): number {
  return Math.floor(units / unitsPerFen);
}

/** One step more or less, kept between nothing (below `min` means none) and `most`. */
export function stepOffset(units: number, steps: number, step: number, min: number, most: number): number {
  const next = units + steps * step;
  if (next > most) return most;
  if (next < min) return steps > 0 ? Math.min(min, most) : 0;
  return next;
}

export interface SaleFigures {
  totalFen: number;
  offsetFen: number;
  offsetUnits: number;
  refundedFen: number;
}

export interface RefundFigures {
  offsetFen: number;
  offsetUnits: number;
  cashFen: number;
}

/**
 * What comes back for `refundFen` of a sale: the offset share is floored over all refunds of that sale
 * together, so that any row of part refunds ends where one whole refund would.
 */
export function refundFigures(sale: SaleFigures, refundFen: number): RefundFigures {
  const share = (fen: number): number => Math.floor((sale.offsetFen * fen) / sale.totalFen);
  const back = share(sale.refundedFen + refundFen) - share(sale.refundedFen);
  // The sale's own rate: today's may be another.
  const units = sale.offsetFen === 0 ? 0 : (back * sale.offsetUnits) / sale.offsetFen;
  return { offsetFen: back, offsetUnits: units, cashFen: refundFen - back };
}
