import { afterEach, expect, test, vi } from "vitest";
import { closeDays } from "../src/app/close";
import { refund, sell } from "../src/app/desk";
import { newTill, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

const claimOf = (server: Server): Record<string, unknown> & { lines: Record<string, unknown>[]; totals: Record<string, number> } =>
  JSON.parse(server.bodies.filter((one) => one.path === "/api/v1/claims").pop()!.body);

test("the claim is what the clerk confirmed, whatever the server answered", async () => {
  const server = new Server();
  server.tamper = { offset_fen: 900, paid_fen: 4_100 };
  const till = await newTill(server);
  const done = await sell(till, SALE);
  expect(done.kind === "booked" && done.line.differences).toEqual([
    { field: "offset_fen", till: "1000", server: "900" },
    { field: "paid_fen", till: "4000", server: "4100" },
  ]);
  expect(till.view.alarms).toHaveLength(1);
  server.tamper = {};
  await closeDays(till);
  expect(claimOf(server).lines[0]).toMatchObject({ total_fen: 5_000, offset_units: 20_000, offset_fen: 1_000, paid_fen: 4_000 });
});

test("a sale of 50.00 with 200 points and its refund are filed as two lines with totals apart", async () => {
  const server = new Server();
  const till = await newTill(server);
  const done = await sell(till, SALE);
  if (done.kind !== "booked") throw new Error(done.kind);
  await refund(till, { ...done.line, refunded_fen: 0 }, 5_000);
  const closed = await closeDays(till);
  expect(closed).toMatchObject({ kind: "filed", batches: [{ batch_no: 1, state: "filed" }] });
  const claim = claimOf(server);
  expect(claim.lines.map((line) => [line["counter"], line["kind"], line["offset_fen"], line["paid_fen"]])).toEqual([
    [1, "sale", 1_000, 4_000],
    [2, "refund", 1_000, 4_000],
  ]);
  expect(claim.totals).toMatchObject({ sales: 1, refunds: 1, offset_fen_plus: 1_000, offset_fen_minus: 1_000, hash_total: 3 });
  expect(claim["business_date"]).toBe("2026-03-02");
});

test("a day is not closed while a sale waits, and closes once it is answered", async () => {
  const server = new Server();
  server.plan = ["offline", "offline"];
  const till = await newTill(server);
  await sell(till, SALE);
  expect(await closeDays(till)).toEqual({ kind: "waits", count: 1 });
  expect(await closeDays(till)).toMatchObject({ kind: "filed" });
});

test("a second closing files only what came after the first", async () => {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, SALE);
  await closeDays(till);
  await sell(till, SALE);
  await closeDays(till);
  expect(claimOf(server)).toMatchObject({ batch_no: 2, lines: [{ counter: 2 }] });
  expect(await closeDays(till)).toEqual({ kind: "filed", batches: [] });
});

test("a refused claim frees its lines and its number for the next one", async () => {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, SALE);
  server.plan = ["refuse"];
  expect(await closeDays(till)).toMatchObject({ batches: [{ state: "refused" }] });
  await closeDays(till);
  expect(claimOf(server)).toMatchObject({ batch_no: 1, lines: [{ counter: 1 }] });
});

test("a claim held for its totals is filed again under the next number", async () => {
  const server = new Server();
  server.outcome = "totals_wrong";
  const till = await newTill(server);
  await sell(till, SALE);
  expect(await closeDays(till)).toMatchObject({ batches: [{ state: "held" }] });
  server.outcome = "ok";
  await closeDays(till);
  expect(claimOf(server)).toMatchObject({ batch_no: 2, lines: [{ counter: 1 }] });
});

test("a wiped tablet learns the next batch number from the server", async () => {
  const server = new Server();
  server.expected = 8;
  const till = await newTill(server);
  await sell(till, SALE);
  expect(await closeDays(till)).toMatchObject({ batches: [{ batch_no: 8, state: "filed" }] });
});
