import { expect, test } from "vitest";
import { fenOf, hundredths, points, typeAmount } from "../src/rules/units";

const typed = (keys: string): string => [...keys].reduce((text, key) => typeAmount(text, key === "<" ? "back" : key), "");

test.each([
  ["50", "50", 5000],
  ["50.5", "50.5", 5050],
  ["50.555", "50.55", 5055],
  [".5", "0.5", 50],
  ["007", "7", 700],
  ["12<3", "13", 1300],
  ["1..2", "1.2", 120],
  ["", "", 0],
  ["12345678", "123456", 12345600],
])("the keys %s make %s and %i fen", (keys, text, fen) => {
  expect(typed(keys)).toBe(text);
  expect(fenOf(text)).toBe(fen);
});

test("fen and points are read as people write them", () => {
  expect([1050, -5, 0, 100].map(hundredths)).toEqual(["10.50", "-0.05", "0.00", "1.00"]);
  expect([20_000, 1_280, 0].map(points)).toEqual(["200", "12.80", "0"]);
});
