import { expect, test, vi } from "vitest";
import { followLog, knownFrom, type LogFault, type LogKept, pinLog } from "../src/rules/tlog/witness";
import { Log, LogKey } from "./support_log";

// Signing in script is slow where other work is done beside it; nothing here is about time.
vi.setConfig({ testTimeout: 300_000 });

const ORIGIN = "jifen.example/CHAN";

function begin(size = 5): { log: Log; kept: LogKept } {
  const log = new Log(ORIGIN, new LogKey(ORIGIN));
  log.grow(size);
  const { kept, fault } = followLog(pinLog(ORIGIN, [log.key.text]), log.offer(0));
  expect(fault).toBeNull();
  return { log, kept };
}

/** What came of one offer; a refused one must leave what is kept as it was. */
function step(kept: LogKept, offer: ReturnType<Log["offer"]>): [LogKept, LogFault | null] {
  const done = followLog(kept, offer);
  if (done.fault && done.fault.why !== "published") expect(done.kept).toEqual(kept);
  return [done.kept, done.fault?.why ?? null];
}

test("a log that only grows is followed from size to size", () => {
  let { log, kept } = begin(1);
  for (const more of [0, 1, 1, 3, 7, 20, 0, 45]) {
    log.grow(more);
    const [next, fault] = step(kept, log.offer(kept.size));
    expect([fault, next.size]).toEqual([null, log.leaves.length]);
    kept = next;
  }
});

test("a forked log is refused at every size, and both notes come back", () => {
  for (let at = 0; at < 9; at += 1) {
    const { log, kept } = begin(9);
    const other = log.fork(at);
    other.grow(12 - at, "other");
    const { fault } = followLog(kept, other.offer(kept.size));
    expect(fault?.why, `forked after ${at}`).toBe("forked");
    expect([fault?.kept, fault?.offered]).toEqual([kept.note, other.checkpoint()]);
  }
});

test("a row taken out, or another root at the same size, is refused", () => {
  const { log, kept } = begin(9);
  const same = log.fork(8);
  same.grow(1, "other");
  expect(step(kept, same.offer(9))[1]).toBe("forked");
  log.leaves.splice(4, 1);
  log.grow(3);
  expect(step(kept, log.offer(9))[1]).toBe("forked");
});

test("an older book, a missing one, and a path that proves nothing are refused", () => {
  const { log, kept } = begin(9);
  expect(step(kept, log.fork(7).offer(9))[1]).toBe("older");
  expect(step(kept, { ...log.offer(9), checkpoint: null })[1]).toBe("older");
  expect(step(kept, { ...log.offer(9), origin: null, keys: [], checkpoint: null })[1]).toBe("older");
  log.grow(4);
  expect(step(kept, { ...log.offer(9), path: [] })[1]).toBe("forked");
  expect(step(kept, { ...log.offer(9), path: ["not base64"] })[1]).toBe("forked");
  expect(step(kept, { ...log.offer(9), path: log.offer(8).path })[1]).toBe("forked");
});

test("a device that has seen nothing yet accepts that there is nothing", () => {
  const log = new Log(ORIGIN, new LogKey(ORIGIN));
  const pinned = pinLog(ORIGIN, [log.key.text]);
  expect(followLog(pinned, { ...log.offer(0), checkpoint: null })).toEqual({ kept: pinned, fault: null });
  const [empty, none] = step(pinned, log.offer(0));
  expect([none, empty.size]).toEqual([null, 0]);
  log.grow(3);
  const [grown, fault] = step(empty, log.offer(0));
  expect([fault, grown.size]).toEqual([null, 3]);
});

test("another key's checkpoint is refused until the old key has named it", () => {
  const { log, kept } = begin();
  const thief = log.fork(5);
  thief.key = new LogKey(ORIGIN);
  thief.grow(2);
  expect(step(kept, thief.offer(5))[1]).toBe("signature");
  // A handover the new key wrote for itself names nothing.
  thief.handovers = [thief.key.note(`jifen-log-key/1\n${ORIGIN}\n${thief.key.text}\n`)];
  expect(step(kept, thief.offer(5))[1]).toBe("signature");
  log.rotate();
  log.rotate();
  log.grow(2);
  const [moved, fault] = step(kept, log.offer(5));
  expect([fault, moved.keys.length, moved.keys[2]]).toEqual([null, 3, log.key.text]);
});

test("a handover for another log, or no handover at all, names nothing", () => {
  const { log, kept } = begin();
  const next = new LogKey(ORIGIN);
  const texts = [`jifen-log-key/1\nother.example\n${next.text}\n`, `jifen-log-key/2\n${ORIGIN}\n${next.text}\n`, `jifen-log-key/1\n${ORIGIN}\n${next.text}\nmore\n`, `jifen-log-key/1\n${ORIGIN}\nno key\n`];
  const notes = [...texts.map((text) => log.key.note(text)), "", "rubbish"];
  log.key = next;
  expect(step(kept, { ...log.offer(5), handovers: notes })[1]).toBe("signature");
});

test("another log under the same roof is none of ours", () => {
  const { log, kept } = begin();
  expect(step(kept, { ...log.offer(5), origin: "other.example" })[1]).toBe("origin");
});

test("published roots are kept once they are proven to lie in the log", () => {
  let { log, kept } = begin(4);
  log.publish(202603);
  log.grow(5);
  log.publish(202604);
  log.grow(1);
  const [next, fault] = step(kept, log.offer(4));
  expect(fault).toBeNull();
  expect(next.published.map((one) => [one.month, one.size])).toEqual([[202603, 4], [202604, 9]]);
  expect(knownFrom(next, "CHAN").published.map((one) => one.root.length)).toEqual([32, 32]);
  expect(step(next, log.offer(10))).toEqual([next, null]);
  kept = next;
});

test("a published root that is not this log's, or replaces an earlier one, raises the alarm", () => {
  const { log, kept } = begin(4);
  log.publish(202603);
  const [held] = step(kept, log.offer(4));
  log.grow(3);
  const other = log.fork(6);
  other.grow(1, "other");
  const changed = { ...log.offer(4), published: [{ month: 202603, date: 20260401, checkpoint: log.checkpoint(), path: [] }] };
  expect(step(held, changed)[1]).toBe("published");
  const foreign = { ...log.offer(4), published: [{ month: 202604, date: 20260501, checkpoint: other.checkpoint(), path: [] }] };
  expect(step(held, foreign)[1]).toBe("published");
  const unsigned = { ...log.offer(4), published: [{ month: 202604, date: 20260501, checkpoint: new LogKey(ORIGIN).note("x\n"), path: [] }] };
  expect(step(held, unsigned)[1]).toBe("published");
});

/** A device that followed the log at each of these sizes. */
function followedAt(...sizes: number[]): { log: Log; kept: LogKept } {
  const log = new Log(ORIGIN, new LogKey(ORIGIN));
  let kept = pinLog(ORIGIN, [log.key.text]);
  for (const size of sizes) {
    log.grow(size - log.leaves.length);
    kept = step(kept, log.offer(kept.size))[0];
  }
  return { log, kept };
}

test("a loss the community declares takes the device back to before it, and on from there", () => {
  const { log, kept } = followedAt(3, 8, 12, 20);
  log.publish(202603);
  const [held] = step(kept, log.offer(20));
  log.lose(13);
  log.grow(4, "typed in again");
  const back = followLog(held, log.offer(20));
  expect(back.recovered).toMatchObject({ size: 13, date: 20260302 });
  expect([back.fault?.why, back.fault?.kept, back.kept.size, back.kept.published]).toEqual(["older", held.note, 12, []]);
  const on = followLog(back.kept, log.offer(12));
  expect([on.fault, on.recovered, on.kept.size]).toEqual([null, undefined, 17]);
  log.grow(9);
  expect(step(on.kept, log.offer(17))[1]).toBeNull();
});

test("a log that grew past the loss before anybody asked is taken the same way", () => {
  const { log, kept } = followedAt(3, 8, 12, 20);
  log.lose(12);
  log.grow(30, "typed in again");
  const back = followLog(kept, log.offer(20));
  expect([back.fault?.why, back.recovered?.size, back.kept.size]).toEqual(["forked", 12, 12]);
  expect(step(back.kept, log.offer(12))[1]).toBeNull();
});

test("one declaration excuses one loss, and nothing that was there before it", () => {
  const { log, kept } = followedAt(3, 8, 12, 20);
  log.lose(12);
  const back = followLog(kept, log.offer(20)).kept;
  const now = step(back, log.offer(12))[0];
  // Cut short once more, without a word.
  log.leaves = log.leaves.slice(0, 8);
  expect(step(now, log.offer(12))[1]).toBe("older");
  // A declared loss that also changes what came before it.
  const other = followedAt(3, 8, 12, 20);
  other.log.lose(12);
  other.log.leaves[5] = other.log.leaves[4]!;
  other.log.grow(3);
  const gone = followLog(other.kept, other.log.offer(20)).kept;
  expect(step(gone, other.log.offer(gone.size))[1]).toBe("forked");
});

test("a declaration nobody signed, or for another log, excuses nothing", () => {
  const { log, kept } = followedAt(3, 8, 12, 20);
  const short = log.fork(8);
  const thief = new LogKey(ORIGIN);
  const text = (origin: string) => `jifen-recovery/1\n${origin}\n8\n${kept.root}\n20260302\n20\n${kept.root}\n`;
  for (const note of [thief.note(text(ORIGIN)), log.key.note(text("other.example")), log.key.note(text(ORIGIN).replace("/1", "/2")), "rubbish"]) {
    const done = followLog(kept, { ...short.offer(20), recoveries: [note] });
    expect([done.fault?.why, done.recovered, done.kept]).toEqual(["older", undefined, kept]);
  }
});

test("a declaration excuses no head but those it gave up", () => {
  const { log, kept } = followedAt(3, 8, 12, 20);
  const short = log.fork(8);
  const text = (size: number, lost: number, root: string) => log.key.note(`jifen-recovery/1\n${ORIGIN}\n${size}\n${kept.root}\n20260302\n${lost}\n${root}\n`);
  const excused = (note: string) => followLog(kept, { ...short.offer(20), recoveries: [note] }).recovered !== undefined;
  expect(excused(text(8, 20, kept.root))).toBe(true);
  expect(excused(text(8, 21, "another head"))).toBe(true);
  expect(excused(text(8, 19, kept.root))).toBe(false);
  expect(excused(text(8, 20, kept.seen[0]![1]))).toBe(false);
  expect(excused(text(20, 30, kept.root))).toBe(false);
});

test("what was seen is thinned out towards the past and never empty", () => {
  const { kept } = followedAt(...Array.from({ length: 160 }, (_, at) => at + 1));
  expect(kept.seen.length).toBeLessThanOrEqual(97);
  expect(kept.seen[0]![0]).toBe(1);
  expect(kept.seen[kept.seen.length - 1]![0]).toBe(160);
  const sizes = kept.seen.map(([size]) => size);
  expect(sizes).toEqual([...sizes].sort((one, other) => one - other));
});

test("CONTROL: a device that compares nothing takes the fork", () => {
  const { log, kept } = begin(9);
  const other = log.fork(3);
  other.grow(9, "other");
  const blind: LogKept = { ...kept, note: null, size: 0, root: "" };
  expect(step(blind, other.offer(0))[1]).toBeNull();
});
