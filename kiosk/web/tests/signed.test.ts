import { afterEach, expect, test, vi } from "vitest";
import { closeDays } from "../src/app/close";
import { refund, sell } from "../src/app/desk";
import type { Till } from "../src/app/till";
import { deviceKey, sha256 } from "../src/device/keys";
import { flush } from "../src/device/flush";
import { KEPT_MS, linesSince, pruneLines } from "../src/device/signed";
import { base64url, fromBase64url, utf8 } from "../src/rules/bytes";
import { newTill, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

const LATER = Date.now() + 3_600_000;
const NOON = Date.UTC(2026, 2, 2, 2, 0, 0);

type Payload = { c: string; n: number; p: string; r: string; u: string; b: string; a: string; k: string; t: number };

interface Read {
  line: string;
  body: string;
  answer: string;
  payload: Payload;
}

async function read(till: Till, sinceMs = 0): Promise<Read[]> {
  const found: Read[] = [];
  for await (const one of linesSince(till.store, sinceMs)) {
    const payload = JSON.parse(new TextDecoder().decode(fromBase64url(one.line.split(".")[1]!))) as Payload;
    found.push({ ...one, payload });
  }
  return found;
}

async function isSigned(till: Till, line: string): Promise<boolean> {
  const [head, payload, signature] = line.split(".");
  const key = await deviceKey(till.store);
  if (key.kind !== "webcrypto") throw new Error("this test needs WebCrypto");
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  return crypto.subtle.verify(algorithm, key.pair.publicKey, fromBase64url(signature!), utf8(`${head}.${payload}`));
}

const hashed = async (text: string): Promise<string> => base64url(await sha256(utf8(text)));

test("each accepted write is counted, chained and signed, with its very request and answer", async () => {
  const server = new Server();
  const till = await newTill(server);
  const done = await sell(till, SALE);
  if (done.kind !== "booked") throw new Error(done.kind);
  await refund(till, { ...done.line, refunded_fen: 0 }, 5_000);
  await closeDays(till);
  const lines = await read(till);
  expect(lines.map(({ payload }) => [payload.n, payload.u])).toEqual([
    [1, "/api/v1/sales"],
    [2, "/api/v1/refunds"],
    [3, "/api/v1/claims"],
  ]);
  let before = "";
  for (const { line, body, answer, payload } of lines) {
    expect(await isSigned(till, line)).toBe(true);
    expect(payload).toMatchObject({ c: "5", p: before, b: await hashed(body), a: await hashed(answer), t: NOON });
    expect(JSON.parse(body).request_id).toBe(payload.r);
    expect(JSON.parse(answer)).toEqual(server.booked.get(payload.r)!.answer);
    before = await hashed(line);
  }
});

test("a PIN does not stay on the tablet, and a code that was scanned lies there sealed", async () => {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, { ...SALE, token: "7171717171", pin: "471903" });
  expect(JSON.parse(server.bodies[0]!.body).pin).toBe("471903");
  const [line] = await read(till);
  expect(JSON.parse(line!.body)).toMatchObject({ pin: null, token: "7171717171" });
  const [kept] = await till.store.getAll("signed");
  const plain = new TextDecoder("latin1").decode(kept!.content.data) + JSON.stringify(kept!.line);
  expect(plain).not.toContain("7171717171");
  expect(plain).not.toContain("471903");
});

test("an answer that was lost is signed once, when it comes", async () => {
  const server = new Server();
  server.plan = ["lose"];
  const till = await newTill(server);
  await sell(till, SALE);
  expect(await read(till)).toEqual([]);
  await flush(till.store, till.api, LATER);
  await flush(till.store, till.api, LATER);
  expect(await read(till)).toHaveLength(1);
});

test("what was refused is not in it", async () => {
  const server = new Server();
  server.plan = ["refuse"];
  const till = await newTill(server);
  await sell(till, SALE);
  expect(await read(till)).toEqual([]);
});

test("answers that come at the same moment stand one behind the other", async () => {
  const server = new Server();
  server.plan = ["lose", "lose", "lose", "lose"];
  const till = await newTill(server);
  for (let sale = 0; sale < 4; sale += 1) await sell(till, SALE);
  const waiting = (await till.store.getAll("outbox")).map((one) => one.request_id);
  const { send } = await import("../src/device/outbox");
  await Promise.all(waiting.map((one) => send(till.store, till.api, one, false)));
  const lines = await read(till);
  expect(lines.map(({ payload }) => payload.n)).toEqual([1, 2, 3, 4]);
  for (const [place, { payload }] of lines.entries()) {
    expect(payload.p).toBe(place === 0 ? "" : await hashed(lines[place - 1]!.line));
  }
  expect(new Set(lines.map(({ payload }) => payload.r)).size).toBe(4);
});

test("after 35 days a line goes, and the count goes on", async () => {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, SALE);
  await pruneLines(till.store, NOON + KEPT_MS - 1);
  expect(await read(till)).toHaveLength(1);
  await pruneLines(till.store, NOON + KEPT_MS);
  expect(await read(till)).toEqual([]);
  await sell(till, SALE);
  expect((await read(till)).map(({ payload }) => payload.n)).toEqual([2]);
});

test("a new key begins a chain of its own, and both are given out in their order", async () => {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, SALE);
  await sell(till, SALE);
  await till.forget();
  await till.enrol("CA01", "ABCDEFGH2345");
  await sell(till, SALE);
  const lines = await read(till);
  expect(lines.map(({ payload }) => payload.n).sort()).toEqual([1, 1, 2]);
  const own = lines.filter((_, place) => place === 0 || lines[place]!.payload.n > lines[place - 1]!.payload.n);
  expect(own.length).toBeGreaterThan(1);
  expect(await read(till, NOON + 1)).toEqual([]);
});
