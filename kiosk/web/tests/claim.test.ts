import { expect, test } from "vitest";
import { type ClaimLine, claimTotals } from "../src/rules/claim";

const line = (counter: number, kind: "sale" | "refund", offsetFen: number): ClaimLine => ({
  counter,
  ref: `M01T1-260302-${counter}`,
  kind,
  original_ref: kind === "refund" ? "M01T1-260302-00001-A" : null,
  total_fen: 5_000,
  offset_units: offsetFen * 20,
  offset_fen: offsetFen,
  paid_fen: 5_000 - offsetFen,
  occurred_at: "2026-03-02T10:00:00.000+08:00",
});

test("sales and refunds are totalled apart and never netted", () => {
  expect(claimTotals([line(457, "sale", 1_000), line(458, "sale", 0), line(459, "refund", 400)])).toEqual({
    sales: 2,
    refunds: 1,
    offset_units_plus: 20_000,
    offset_units_minus: 8_000,
    offset_fen_plus: 1_000,
    offset_fen_minus: 400,
    first_counter: 457,
    last_counter: 459,
    hash_total: 1_374,
  });
});

test("the hash total keeps ten digits", () => {
  expect(claimTotals([line(9_999_999_999, "sale", 0), line(2, "sale", 0)]).hash_total).toBe(1);
});
