import { expect, test } from "vitest";
import { type Ask, checkCode, compareCode, type LeafProof } from "../src/app/check";
import { fromBase64 } from "../src/rules/tlog/base64";
import { readVerifierKey } from "../src/rules/tlog/note";
import type { Known, ProofCode } from "../src/rules/tlog/proof_code";
import samples from "./samples/tlog.json";

const { codes } = samples;
const NOW_S = 1_772_500_000;
const root = (size: number): Uint8Array => fromBase64(samples.roots[size]!)!;
const board = (size: number, month: number) => ({ month, date: month * 100 + 28, size, root: root(size) });
const known = (change: Partial<Known> = {}): Known => ({
  issuer: "CHAN",
  origin: samples.origin,
  keys: [readVerifierKey(samples.keys.Ed25519)!],
  published: [board(4, 202602)],
  newest: { size: 12, root: root(12) },
  ...change,
});

/** A server that proves leaf 5 in every size asked for, and counts the questions. */
function server(answer: (size: number) => LeafProof | "absent" | null) {
  const asked: number[] = [];
  const ask: Ask = async (_code: ProofCode, size: number) => {
    asked.push(size);
    return answer(size);
  };
  return { ask, asked };
}

const proofOf = (index: number) => (size: number) => {
  const found = samples.inclusion.find((one) => one.index === index && one.size === size)!;
  return { index: String(index), path: found.path };
};

test("without network the tablet says what it can and asks nobody", () => {
  expect(checkCode(codes.at_13, known())).toMatchObject({ verdict: { kind: "newer" }, compared: false });
  expect(checkCode(codes.board, known())?.verdict.kind).toBe("newer");
  expect(checkCode("71234", known())).toBeNull();
});

test("a promise and an older seal are settled by the server's proof under a kept root", async () => {
  const { ask, asked } = server(proofOf(5));
  const two = known({ published: [board(4, 202602), board(9, 202603), board(11, 202604)] });
  const checked = await compareCode(codes.promised, two, ask, NOW_S);
  expect(checked).toMatchObject({ verdict: { kind: "published", published: { month: 202603 } }, compared: true });
  expect(asked).toEqual([12, 9]);
  expect((await compareCode(codes.promised, known(), ask, NOW_S))?.verdict).toEqual({ kind: "kept" });
});

test("a code newer than every kept root is not asked about, and no answer changes nothing", async () => {
  const { ask, asked } = server(() => null);
  expect((await compareCode(codes.at_13, known(), ask, NOW_S))?.verdict.kind).toBe("newer");
  expect(asked).toEqual([]);
  expect(await compareCode(codes.promised, known(), ask, NOW_S)).toMatchObject({ verdict: { kind: "promised" }, compared: false });
});

test("a signed receipt whose entry is gone contradicts the book; one promised today may still come", async () => {
  const { ask } = server(() => "absent");
  expect(await compareCode(codes.promised, known(), ask, NOW_S)).toMatchObject({ verdict: { kind: "promised" }, compared: true });
  const late = NOW_S + 10 * 86_400;
  expect((await compareCode(codes.at_11, known({ published: [board(12, 202604)] }), ask, NOW_S))?.verdict).toEqual({ kind: "forged", why: "contradicts" });
  expect((await compareCode(codes.promised, known(), ask, late))?.verdict).toEqual({ kind: "forged", why: "contradicts" });
});

test("a proof that leads elsewhere is the book's fault", async () => {
  const wrong = [proofOf(4), () => ({ index: "5", path: [] }), () => ({ index: "05", path: proofOf(5)(12).path }), () => ({ index: "5", path: ["x"] })];
  for (const answer of wrong) {
    const { ask } = server(answer);
    expect((await compareCode(codes.promised, known(), ask, NOW_S))?.verdict).toEqual({ kind: "forged", why: "contradicts" });
  }
});

test("what is forged or published already needs no server", async () => {
  const { ask, asked } = server(() => "absent");
  expect((await compareCode(codes.stranger, known(), ask, NOW_S))?.verdict.kind).toBe("stranger");
  expect((await compareCode(codes.at_9, known({ published: [board(9, 202603)] }), ask, NOW_S))?.verdict.kind).toBe("published");
  expect(asked).toEqual([]);
});
