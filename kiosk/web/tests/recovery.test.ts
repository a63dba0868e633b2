import { afterEach, expect, test, vi } from "vitest";
import { refund, sell } from "../src/app/desk";
import { writeMeta } from "../src/device/db";
import { deviceKey } from "../src/device/keys";
import { newTill, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

const NOON = Date.UTC(2026, 2, 2, 2, 0, 0);
const ASKED = { recovery_id: "9", state: "collecting", since_ms: NOON, wanted: true, spending: false };

/** Lets the refresh that follows each sale end first. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 30));

const sent = (server: Server, path: string) =>
  server.bodies.filter((one) => one.path === path).map((one) => JSON.parse(one.body));

test("asked for its daybook, the till sends every line and then that this was all", async () => {
  const server = new Server();
  const till = await newTill(server);
  const done = await sell(till, SALE);
  if (done.kind !== "booked") throw new Error(done.kind);
  await refund(till, { ...done.line, refunded_fen: 0 }, 5_000);
  server.plan = ["refuse"];
  await sell(till, SALE);
  await writeMeta(till.store, "log", { note: "the newest checkpoint" } as never);
  await quiet();
  server.recovery = ASKED;
  await till.refresh();
  const [lines] = sent(server, "/api/v1/recovery/lines");
  expect(lines.recovery_id).toBe("9");
  expect(lines.lines.map((one: { body: string }) => JSON.parse(one.body).counter)).toEqual([1, 2]);
  expect(Object.keys(lines.lines[0])).toEqual(["line", "body", "answer"]);
  expect(sent(server, "/api/v1/recovery/report")).toEqual([
    { recovery_id: "9", lines: 2, last_counter: 3, unused: [3], checkpoint: "the newest checkpoint" },
  ]);
});

test("what does not arrive is not reported, and is sent again from the start", async () => {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, SALE);
  await quiet();
  server.recovery = ASKED;
  server.plan = ["offline"];
  await till.refresh();
  expect(sent(server, "/api/v1/recovery/report")).toEqual([]);
  await till.refresh();
  expect(sent(server, "/api/v1/recovery/lines")).toHaveLength(1);
  expect(sent(server, "/api/v1/recovery/report")).toHaveLength(1);
});

test("many lines go in pages", async () => {
  const server = new Server();
  const till = await newTill(server);
  for (let sale = 0; sale < 205; sale += 1) await sell(till, SALE);
  await quiet();
  server.recovery = ASKED;
  await till.refresh();
  expect(sent(server, "/api/v1/recovery/lines").map((page) => page.lines.length)).toEqual([100, 100, 5]);
  expect(sent(server, "/api/v1/recovery/report")[0]).toMatchObject({ lines: 205, last_counter: 205, unused: [] });
});

test("a till that was heard, or is asked for later lines only, sends nothing", async () => {
  const server = new Server();
  const till = await newTill(server);
  await sell(till, SALE);
  await quiet();
  server.recovery = { ...ASKED, wanted: false };
  await till.refresh();
  expect(sent(server, "/api/v1/recovery/report")).toEqual([]);
  server.recovery = { ...ASKED, since_ms: NOON + 1 };
  await till.refresh();
  expect(sent(server, "/api/v1/recovery/lines")).toEqual([]);
  expect(sent(server, "/api/v1/recovery/report")[0].lines).toBe(0);
});

test("the till names the last write it was told of, so that a book put back unannounced is found out", async () => {
  const server = new Server();
  const till = await newTill(server);
  expect(server.newest).toBe(null);
  const done = await sell(till, SALE);
  if (done.kind !== "booked") throw new Error(done.kind);
  await till.refresh();
  expect(server.newest).toBe(`newest=${done.line.request_id}`);
});

test("a tablet whose till the server has lost keeps the key that signed; one taken out of service gets a new one", async () => {
  const server = new Server();
  const till = await newTill(server);
  const key = await deviceKey(till.store);
  till.hear({ kind: "unanswered", why: "revoked", refused: { code: "terminal_not_found", zh: "", en: "", facts: {} } });
  await till.forget();
  expect(await deviceKey(till.store)).toEqual(key);
  await till.enrol("CA01", "ABCDEFGH2345");
  till.hear({ kind: "unanswered", why: "revoked", refused: { code: "terminal_revoked", zh: "", en: "", facts: {} } });
  await till.forget();
  expect(await till.store.get("meta", "device_key")).toBe(undefined);
});
