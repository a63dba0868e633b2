// The Merkle tree of RFC 6962 over SHA-256: hashes, roots, and the two proofs of RFC 9162 (2.1.3.2 and 2.1.4.2).

import { sha256 } from "@noble/hashes/sha2.js";
import { sameBytes } from "./base64";

export const HASH_BYTES = 32;

/** The hash of a leaf: SHA-256(0x00, entry). */
export function leafHash(entry: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(sha256.create().update(LEAF).update(entry).digest());
}

/** The hash of an inner node: SHA-256(0x01, left, right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(sha256.create().update(NODE).update(left).update(right).digest());
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The root of a tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Uint8Array<ArrayBuffer> => Uint8Array.from(sha256(new Uint8Array(0)));

/**
 * A root that grows leaf by leaf and keeps only the whole subtrees on its left: 20 hashes at a million leaves.
 * `root` may be asked at any size.
 */
export class GrowingTree {
  /** Roots of the whole subtrees, largest first; their sizes are the bits of `size`. */
  private readonly peaks: Uint8Array<ArrayBuffer>[] = [];
  size = 0;

  /** Adds one leaf by its hash. */
  add(leaf: Uint8Array<ArrayBuffer>): void {
    let node = leaf;
    for (let rest = this.size; rest % 2 === 1; rest = Math.floor(rest / 2)) node = nodeHash(this.peaks.pop()!, node);
    this.peaks.push(node);
    this.size += 1;
  }

  /** The root over the leaves so far. */
  root(): Uint8Array<ArrayBuffer> {
    const last = this.peaks[this.peaks.length - 1];
    if (!last) return emptyRoot();
    return this.peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
  }
}

/** The root over leaf hashes. */
export function rootOf(leaves: Iterable<Uint8Array<ArrayBuffer>>): Uint8Array<ArrayBuffer> {
  const tree = new GrowingTree();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const half = (value: number): number => Math.floor(value / 2);
const isHash = (hash: Uint8Array): boolean => hash.length === HASH_BYTES;

/** The root that leaf `index` and its path lead to in a tree of `size`, or null where they fit no such tree. */
export function rootFromPath(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (!isSize(index) || !isSize(size) || index >= size || !isHash(leaf) || !path.every(isHash)) return null;
  let at = index;
  let last = size - 1;
  let root = leaf;
  for (const hash of path) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      root = nodeHash(hash, root);
      while (at % 2 === 0 && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else {
      root = nodeHash(root, hash);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 ? root : null;
}

/** Whether the leaf stands at `index` of the tree of `size` leaves whose root is `root` (RFC 9162, 2.1.3.2). */
export function isIncluded(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const found = rootFromPath(leaf, index, size, path);
  return found !== null && sameBytes(found, root);
}

/**
 * Whether the tree of `newSize` leaves begins with the tree of `oldSize` leaves, so that nothing was changed or taken
 * out (RFC 9162, 2.1.4.2). A tree without leaves proves nothing about a later one, so 0 is refused.
 */
export function isConsistent(
  oldSize: number,
  oldRoot: Uint8Array,
  newSize: number,
  newRoot: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize === 0 || oldSize > newSize || !path.every(isHash)) return false;
  if (oldSize === newSize) return path.length === 0 && sameBytes(oldRoot, newRoot);
  // A whole left subtree is its own first node, so the proof leaves it out.
  const nodes = isPowerOfTwo(oldSize) ? [oldRoot, ...path] : [...path];
  return nodes.length > 0 && leadsToBoth(oldSize, oldRoot, newSize, newRoot, nodes);
}

function leadsToBoth(
  oldSize: number,
  oldRoot: Uint8Array,
  newSize: number,
  newRoot: Uint8Array,
  nodes: readonly Uint8Array[],
): boolean {
  let at = oldSize - 1;
  let last = newSize - 1;
  while (at % 2 === 1) {
    at = half(at);
    last = half(last);
  }
  let [oldest] = nodes as [Uint8Array, ...Uint8Array[]];
  let newest = oldest;
  for (const node of nodes.slice(1)) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldest = nodeHash(node, oldest);
      newest = nodeHash(node, newest);
      while (at % 2 === 0 && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else {
      newest = nodeHash(newest, node);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameBytes(oldest, oldRoot) && sameBytes(newest, newRoot);
}

function isPowerOfTwo(value: number): boolean {
  let rest = value;
  while (rest % 2 === 0) rest = half(rest);
  return rest === 1;
}
