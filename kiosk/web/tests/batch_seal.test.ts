import { afterEach, expect, test, vi } from "vitest";
import { closeDays, openDays } from "../src/app/close";
import { sell } from "../src/app/desk";
import type { Till } from "../src/app/till";
import { flush } from "../src/device/flush";
import { listWaiting } from "../src/device/outbox";
import { readMeta } from "../src/device/db";
import { sha256 } from "../src/device/keys";
import { countRows, rowsText, sealBatch } from "../src/rules/batch_seal";
import { base64url, fromBase64url, utf8 } from "../src/rules/bytes";
import { claimTotals } from "../src/rules/claim";
import { signNoble } from "../src/rules/noble";
import sample from "./samples/batch.json";
import { newTill, POLICY, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

interface Filed {
  batch_no: number;
  business_date: string;
  seal: string;
  lines: { counter: number }[];
}

const filed = (server: Server): Filed[] => server.bodies.filter((one) => one.path === "/api/v1/claims").map((one) => JSON.parse(one.body) as Filed);
const said = (seal: string): Record<string, unknown> => JSON.parse(new TextDecoder().decode(fromBase64url(seal.split(".")[1]!)));
const hashOf = async (seal: string): Promise<string> => base64url(await sha256(utf8(seal)));

const DAY_MS = 86_400_000;

/** A sale on one day and one on the next; neither day is closed. */
async function soldOnTwoDays(): Promise<{ server: Server; till: Till }> {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, SALE);
  server.clockMs += DAY_MS;
  server.bookedOn = "2026-03-03";
  await till.refresh(); // the tablet hears what time it is
  await sell(till, SALE);
  return { server, till };
}

test("a batch carries header and trailer sums, its rows' hash and the batch before", async () => {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, SALE);
  await closeDays(till);
  await sell(till, SALE);
  await sell(till, SALE);
  await closeDays(till);
  const [first, second] = filed(server);
  expect(said(first!.seal)).toMatchObject({ c: "5", n: 1, d: 20260302, p: "", h: [1, 20_000, 1_000], t: [1, 20_000, 1_000] });
  expect(said(second!.seal)).toMatchObject({ n: 2, p: await hashOf(first!.seal), h: [2, 40_000, 2_000] });
  expect(said(second!.seal)["b"]).toBe(base64url(await sha256(utf8(rowsText(second!.lines as never)))));
});

test("the server reads the same rows and sums out of a batch as the till put in", async () => {
  const lines = sample.body.lines as Parameters<typeof rowsText>[0];
  expect(rowsText(lines)).toBe(sample.rows);
  expect(countRows(lines)).toEqual([3, 20_000, 1_000]);
  const facts = { communityId: "1", terminalId: "1010", batchNo: 1, day: 20260302, before: "", totals: claimTotals(lines), lines };
  const made = await sealBatch(facts, sha256, async (message) => signNoble(fromBase64url(sample.secret), message));
  expect(made).toEqual({ seal: sample.body.seal, hash: sample.hash });
});

test("a refused batch takes with it what waits behind it, and all is filed anew in order", async () => {
  const { server, till } = await soldOnTwoDays();
  server.plan = ["offline", "offline"];
  await closeDays(till);
  expect((await listWaiting(till.store)).map((one) => one.batch_no)).toEqual([1, 2]);
  server.plan = ["refuse"];
  await flush(till.store, till.api, Date.now() + DAY_MS);
  expect(filed(server)).toHaveLength(1);
  expect(await listWaiting(till.store)).toEqual([]);
  expect(await readMeta(till.store, "last_batch")).toBe(0);
  expect((await closeDays(till)).kind).toBe("filed");
  const [, first, second] = filed(server);
  expect([first!.batch_no, second!.batch_no]).toEqual([1, 2]);
  expect(said(second!.seal)["p"]).toBe(await hashOf(first!.seal));
});

test("a batch is not sent while the one before it waits", async () => {
  const { server, till } = await soldOnTwoDays();
  // The network comes back between the two: the second must not reach a server that lacks the first.
  server.plan = ["offline", "answer"];
  const closed = await closeDays(till);
  expect(closed).toMatchObject({ kind: "filed", batches: [{ state: "waiting" }, { state: "waiting" }] });
  expect(filed(server)).toEqual([]);
  await flush(till.store, till.api, Date.now() + DAY_MS);
  expect(filed(server).map((one) => one.batch_no)).toEqual([1, 2]);
});

test("sold without network by a clock a day ahead, the sale is filed with its own day: one batch, no gap", async () => {
  const server = new Server();
  server.offline = { ...POLICY, valid_until: "2026-03-04T10:00:00+08:00" };
  const till = await newTill(server);
  await sell(till, SALE);
  // The tablet's clock is set a day ahead while nobody answers.
  const real = Date.now.bind(Date);
  server.isDown = true;
  vi.spyOn(Date, "now").mockImplementation(() => real() + DAY_MS);
  const done = await sell(till, { ...SALE, offsetUnits: 0 });
  expect(done.kind === "waiting" && done.line.day).toBe(20260303);
  const line = (await till.store.get("daybook", 2))!;
  await till.store.put("daybook", { ...line, offline: { policy: POLICY.policy, day: POLICY.day, card: "c" } });
  vi.restoreAllMocks();
  server.isDown = false;
  await till.refresh();
  await flush(till.store, till.api, Date.now() + DAY_MS);
  await sell(till, SALE);
  expect((await openDays(till)).map((one) => [one.day, one.lines.map((each) => each.counter)])).toEqual([[20260302, [1, 2, 3]]]);
  await closeDays(till);
  expect(filed(server)).toMatchObject([{ batch_no: 1, business_date: "2026-03-02" }]);
});

test("a tablet that forgot goes on behind what the server has; one that remembers names its own", async () => {
  const server = new Server();
  server.batch = { no: 7, hash: "h".repeat(43) };
  const till = await newTill(server);
  await sell(till, SALE);
  await closeDays(till);
  expect(said(filed(server)[0]!.seal)).toMatchObject({ n: 8, p: "h".repeat(43) });
  server.batch = { no: 8, hash: "x".repeat(43) };
  await till.refresh();
  await sell(till, SALE);
  await closeDays(till);
  const [first, second] = filed(server);
  expect(said(second!.seal)).toMatchObject({ n: 9, p: await hashOf(first!.seal) });
});

test("enrolled anew, it goes on where the server stands, also with a number it has used before", async () => {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, SALE);
  await closeDays(till);
  server.batch = { no: 0, hash: "" };
  await till.enrol("CA01", "ABCDEFGH2345");
  await sell(till, SALE);
  expect(await closeDays(till)).toMatchObject({ batches: [{ batch_no: 1, state: "filed" }] });
  expect(said(filed(server)[1]!.seal)).toMatchObject({ n: 1, p: "" });
});
