// What a number of points buys, and how goods are found.

import { describe, expect, it } from "vitest";
import { buys } from "../src/rules/afford";
import { isBarcode, matching, scannedGood } from "../src/rules/find_good";

const EGGS = { code: "R02", name: "eggs (bag)", initials: "jdd", barcode: "6901234567892", price_units: 500, stock: 20 };
const SLIPPERS = { code: "R01", name: "slippers", initials: "tx", barcode: "", price_units: 1000, stock: 8 };
const RICE = { code: "R11", name: "sack of rice", initials: "dmyd", barcode: "", price_units: 2000, stock: 3 };
const GOODS = [SLIPPERS, EGGS, RICE];

describe("what points buy", () => {
  it("five points buy eggs, ten slippers, fifteen both", () => {
    const at = (points: number) => buys(GOODS, points * 100, 100);
    expect(at(5).now).toEqual([EGGS]);
    expect(at(5).together).toEqual([]);
    expect(at(10).now).toEqual([EGGS, SLIPPERS]);
    expect(at(10).together).toEqual([]);
    expect(at(15).together).toEqual([EGGS, SLIPPERS]);
  });

  it("of two sets of two proposes the one that leaves less over", () => {
    const soap = { ...EGGS, code: "R14", name: "soap", price_units: 200 };
    expect(buys([...GOODS, soap], 1500, 100).together).toEqual([EGGS, SLIPPERS]);
    expect(buys([...GOODS, soap], 1700, 100).together).toEqual([soap, EGGS, SLIPPERS]);
  });

  it("names what is up to five points away, and how far", () => {
    const at = buys(GOODS, 1500, 100);
    expect(at.near).toEqual([{ good: RICE, missing_units: 500 }]);
    expect(buys(GOODS, 1499, 100).near).toEqual([]);
    expect(buys(GOODS, 1499, 100).far).toEqual([{ good: RICE, missing_units: 501 }]);
  });

  it("counts whole points where a scheme has no decimals", () => {
    const whole = GOODS.map((good) => ({ ...good, price_units: good.price_units / 100 }));
    expect(buys(whole, 15, 1).near.map((one) => one.missing_units)).toEqual([5]);
  });

  it("puts nothing into the common set that the shelf lacks", () => {
    expect(buys([{ ...EGGS, stock: 0 }, SLIPPERS], 1500, 100).together).toEqual([]);
  });
});

describe("finding goods", () => {
  it("by first letters, name, code", () => {
    expect(matching(GOODS, "jd")).toEqual([EGGS]);
    expect(matching(GOODS, "rice")).toEqual([RICE]);
    expect(matching(GOODS, "r1")).toEqual([RICE]);
    expect(matching(GOODS, " ")).toEqual(GOODS);
  });

  it("by barcode or shelf label", () => {
    expect(isBarcode("6901234567892")).toBe(true);
    expect(isBarcode("69012345678921")).toBe(true);
    expect(isBarcode("1".repeat(255))).toBe(false);
    expect(scannedGood(GOODS, "6901234567892")).toBe(EGGS);
    expect(scannedGood(GOODS, "r01")).toBe(SLIPPERS);
    expect(scannedGood(GOODS, "")).toBeNull();
  });
});
