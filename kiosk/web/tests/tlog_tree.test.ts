import { expect, test } from "vitest";
import { fromBase64, fromHex, hex } from "../src/rules/tlog/base64";
import { emptyRoot, GrowingTree, isConsistent, isIncluded, leafHash, rootOf } from "../src/rules/tlog/tree";
import probes from "./samples/merkle_probes.json";
import samples from "./samples/tlog.json";

// The tree of eight leaves that the implementations of RFC 6962 share, with its root at each size.
const INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

type Probe = [name: string, first: number, second: number, one: string, other: string, path: string[], holds: boolean];

const bytes = (text: string): Uint8Array<ArrayBuffer> => fromBase64(text)!;
const paths = (path: string[]): Uint8Array<ArrayBuffer>[] => path.map(bytes);

test("the published roots of eight leaves", () => {
  const leaves = INPUTS.map((input) => leafHash(fromHex(input)!));
  expect(hex(emptyRoot())).toBe(ROOTS[0]);
  for (let size = 0; size <= leaves.length; size += 1) expect(hex(rootOf(leaves.slice(0, size)))).toBe(ROOTS[size]);
  const tree = new GrowingTree();
  for (const [at, leaf] of leaves.entries()) {
    tree.add(leaf);
    expect(hex(tree.root())).toBe(ROOTS[at + 1]);
  }
});

test("the published probes of inclusion: good ones are believed, every change is refused", () => {
  expect(probes.inclusion.length).toBe(98);
  for (const [name, index, size, root, leaf, path, holds] of probes.inclusion as Probe[]) {
    expect(isIncluded(bytes(leaf), index, size, paths(path), bytes(root)), name).toBe(holds);
  }
});

test("the published probes of consistency: good ones are believed, every change is refused", () => {
  expect(probes.consistency.length).toBe(98);
  for (const [name, size1, size2, root1, root2, path, holds] of probes.consistency as Probe[]) {
    expect(isConsistent(size1, bytes(root1), size2, bytes(root2), paths(path)), name).toBe(holds);
  }
});

const leaves = paths(samples.leaves);
const roots = paths(samples.roots);

test("every leaf of every size is found, and under no other index, size or root", () => {
  for (let size = 0; size <= leaves.length; size += 1) expect(rootOf(leaves.slice(0, size))).toEqual(roots[size]);
  for (const { index, size, path } of samples.inclusion) {
    const own = paths(path);
    expect(isIncluded(leaves[index]!, index, size, own, roots[size]!)).toBe(true);
    expect(isIncluded(leaves[index]!, index, size, own, roots[size - 1]!)).toBe(false);
    expect(isIncluded(leaves[(index + 1) % leaves.length]!, index, size, own, roots[size]!)).toBe(false);
    expect(isIncluded(leaves[index]!, index, size, [...own, roots[0]!], roots[size]!)).toBe(false);
    for (let other = 0; other < size; other += 1) {
      if (other !== index) expect(isIncluded(leaves[index]!, other, size, own, roots[size]!)).toBe(false);
    }
  }
});

test("every size grows out of every smaller one, and out of no other root", () => {
  for (const { old, new: young, path } of samples.consistency) {
    const own = paths(path);
    expect(isConsistent(old, roots[old]!, young, roots[young]!, own)).toBe(true);
    expect(isConsistent(old, roots[old - 1]!, young, roots[young]!, own)).toBe(false);
    expect(isConsistent(old, roots[old]!, young, roots[old]!, own)).toBe(false);
    expect(isConsistent(young, roots[young]!, old, roots[old]!, own)).toBe(false);
    if (own.length > 0) expect(isConsistent(old, roots[old]!, young, roots[young]!, own.slice(1))).toBe(false);
  }
});

test("a row taken out of the middle, or changed, is another tree", () => {
  const without = rootOf(leaves.filter((_leaf, at) => at !== 4));
  const changed = rootOf(leaves.map((leaf, at) => (at === 4 ? leafHash(leaf) : leaf)));
  for (const { old, new: young, path } of samples.consistency) {
    if (old < 5) continue;
    expect(isConsistent(old, roots[old]!, young, rootOf(leaves.slice(0, young).filter((_leaf, at) => at !== 4)), paths(path))).toBe(false);
  }
  expect(without).not.toEqual(roots[leaves.length - 1]);
  expect(changed).not.toEqual(roots[leaves.length]);
});

test("sizes that are no whole numbers are refused", () => {
  for (const odd of [-1, 0.5, Number.NaN, 2 ** 60]) {
    expect(isIncluded(leaves[0]!, odd, 1, [], roots[1]!)).toBe(false);
    expect(isIncluded(leaves[0]!, 0, odd, [], roots[1]!)).toBe(false);
    expect(isConsistent(odd, roots[1]!, 1, roots[1]!, [])).toBe(false);
  }
});
