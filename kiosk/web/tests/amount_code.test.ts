import { afterEach, expect, test, vi } from "vitest";
import { LIFE_MS, settleBill, settleOpenBills, showBill } from "../src/app/amount_code";
import { openSlip, sell } from "../src/app/desk";
import type { Till } from "../src/app/till";
import { drawCounter } from "../src/device/slips";
import { newTill, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

const SOLD = { offset_units: 0, offset_fen: 0, paid_fen: 3_000, earned_units: 0, earned_state: "none", earned_reason: null, balance_units: 0, receipt: { lines: [], qr_text: "" } };

async function tillWithPage(server: Server): Promise<Till> {
  vi.stubGlobal("location", { origin: "https://jifen.example" });
  return newTill(server);
}

const lines = async (till: Till): Promise<unknown[]> =>
  (await till.store.getAll("daybook")).map((line) => [line.counter, line.total_fen, line.state, line.alarm]);

test("the number of a shown bill is drawn by nobody, however long ago it was shown and wherever the clock stands", async () => {
  const till = await tillWithPage(new Server());
  expect((await showBill(till, 3_000, "scan")).counter).toBe(1);
  for (const later of [0, 10 * 60_000, -90_000_000, 90_000_000]) {
    const drawn = await drawCounter(till.store, till.tab, Date.now() + later);
    expect(drawn).toBe(2);
  }
});

test("a bill confirmed after the tab was loaded anew and sold on: both sales stand, each under its own number", async () => {
  const server = new Server();
  const till = await tillWithPage(server);
  const bill = await showBill(till, 3_000, "scan");
  expect((await sell(till, SALE)).kind).toBe("booked");
  server.bills.set(bill.request_id, { state: "booked", sale: SOLD });
  await settleOpenBills(till);
  expect(await lines(till)).toEqual([[1, 3_000, "booked", 0], [2, 5_000, "booked", 0]]);
  expect((await sell(till, SALE)).kind).toBe("booked");
  expect(await till.store.getAllKeys("daybook")).toEqual([1, 2, 3]);
});

test("a bill nobody confirmed gives its number to the next customer, and the sales go on", async () => {
  const server = new Server();
  const till = await tillWithPage(server);
  const bill = await showBill(till, 3_000, "scan");
  await sell(till, SALE);
  vi.spyOn(till.clock, "now").mockReturnValue(bill.made_ms + LIFE_MS + 1);
  await settleOpenBills(till);
  expect(await openSlip(till)).toBe(1);
  await sell(till, SALE);
  await sell(till, SALE);
  expect(await till.store.getAllKeys("daybook")).toEqual([1, 2, 3]);
});

const TOLD = { body: '{"request_id":"r","pin":null}', answer: '{"ref":"x"}', at_ms: 1_772_000_000_000, mark: "m" };

async function signedOf(till: Till): Promise<unknown[]> {
  const lines = await till.store.getAll("signed");
  return lines.map(({ n, line }) => {
    const said = JSON.parse(atob(line.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"))) as Record<string, unknown>;
    return [n, said["u"], said["t"], said["m"], said["k"]];
  });
}

test("a confirmed bill stands in the signed daybook once, chained among the till's own sales, and names no clerk", async () => {
  const server = new Server();
  const till = await tillWithPage(server);
  await sell(till, SALE);
  const bill = await showBill(till, 3_000, "scan");
  server.bills.set(bill.request_id, { state: "booked", sale: SOLD, told: TOLD });
  await Promise.all([settleBill(till, bill, false), settleOpenBills(till)]);
  await sell(till, SALE);
  const signed = await signedOf(till);
  expect(signed.length).toBe(3);
  expect(signed[1]).toEqual([2, "/api/v1/sales", TOLD.at_ms, "m", ""]);
  expect((await till.store.get("meta", "signed_head")) as object).toMatchObject({ n: 3 });
});

test("a server that tells no more than the sale gets its line in the daybook, and is asked for the rest once", async () => {
  const server = new Server();
  const till = await tillWithPage(server);
  const bill = await showBill(till, 3_000, "scan");
  server.bills.set(bill.request_id, { state: "booked", sale: SOLD });
  await settleBill(till, bill, false);
  expect(await till.store.get("meta", "believed_bills")).toEqual([bill.request_id]);
  await settleOpenBills(till);
  expect(await till.store.get("meta", "believed_bills")).toEqual([]);
  expect(await signedOf(till)).toEqual([]);
});

test("a line that stands under the number of a bill is not written over; a person is told", async () => {
  const server = new Server();
  const till = await tillWithPage(server);
  const bill = await showBill(till, 3_000, "scan");
  // What a tablet of before may hold: the number of the bill drawn and sold under all the same.
  await till.store.put("slips", { counter: 1, holder: till.tab, held_at: Date.now() });
  await sell(till, SALE);
  server.bills.set(bill.request_id, { state: "booked", sale: SOLD });
  await settleBill(till, bill, false);
  expect(await lines(till)).toEqual([[1, 5_000, "booked", 1]]);
});

test("a number given back under which a line stands is not drawn again: a tablet that stood still sells on", async () => {
  const till = await tillWithPage(new Server());
  await sell(till, SALE);
  await till.store.put("slips", { counter: 1, holder: "", held_at: 0 });
  expect((await sell(till, SALE)).kind).toBe("booked");
  expect(await till.store.getAllKeys("daybook")).toEqual([1, 2]);
});
