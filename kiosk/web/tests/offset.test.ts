import { expect, test } from "vitest";
import { offsetFen, refundFigures, stepOffset } from "../src/rules/offset";

const UNITS_PER_FEN = 20;

test("200 points take 10.00 yuan off a sale of 50.00", () => {
  expect(offsetFen(20_000, UNITS_PER_FEN)).toBe(1_000);
});

test("the clerk steps down to nothing and up to the proposal, never past it", () => {
  expect(stepOffset(4_000, -1, 2_000, 4_000, 30_000)).toBe(0);
  expect(stepOffset(0, 1, 2_000, 4_000, 30_000)).toBe(4_000);
  expect(stepOffset(29_000, 1, 2_000, 2_000, 30_000)).toBe(30_000);
});

test("half of a sale of 100.00 with 400 points gives back 200 points and 40.00 yuan", () => {
  const sale = { totalFen: 10_000, offsetFen: 2_000, offsetUnits: 40_000, refundedFen: 0 };
  expect(refundFigures(sale, 5_000)).toEqual({ offsetFen: 1_000, offsetUnits: 20_000, cashFen: 4_000 });
});

test("any row of part refunds ends exactly where one whole refund does", () => {
  const sale = { totalFen: 4_999, offsetFen: 1_000, offsetUnits: 20_000, refundedFen: 0 };
  let left = sale.totalFen;
  const sum = { offsetFen: 0, offsetUnits: 0, cashFen: 0 };
  for (let part = 1; left > 0; part = (part * 7 + 3) % 311) {
    const fen = Math.min(left, Math.max(part, 1));
    const back = refundFigures(sale, fen);
    sum.offsetFen += back.offsetFen;
    sum.offsetUnits += back.offsetUnits;
    sum.cashFen += back.cashFen;
    sale.refundedFen += fen;
    left -= fen;
  }
  expect(sum).toEqual({ offsetFen: 1_000, offsetUnits: 20_000, cashFen: 3_999 });
});
