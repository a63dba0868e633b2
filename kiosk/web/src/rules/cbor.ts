// Reads the part of CBOR (RFC 8949) that a signed list uses; whatever else comes is refused.

export type Cbor = number | string | Uint8Array<ArrayBuffer> | Cbor[] | Map<Cbor, Cbor> | Tagged;

export class Tagged {
  constructor(
    readonly tag: number,
    readonly value: Cbor,
  ) {}
}

/** Bytes that are no such CBOR. */
export class CborError extends Error {}

/** The one value that `bytes` hold; CborError where they hold anything else. */
export function readCbor(bytes: Uint8Array<ArrayBuffer>): Cbor {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (!reader.isDone) throw new CborError("something follows the value");
  return value;
}

const MOST_DEPTH = 8;
const LENGTHS: Record<number, number> = { 24: 1, 25: 2, 26: 4, 27: 8 };

class Reader {
  private at = 0;
  private depth = 0;

  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {}

  get isDone(): boolean {
    return this.at === this.bytes.length;
  }

  value(): Cbor {
    if (++this.depth > MOST_DEPTH) throw new CborError("too deep");
    const first = this.take(1)[0]!;
    const value = this.ofKind(first >> 5, this.count(first & 31));
    this.depth -= 1;
    return value;
  }

  private ofKind(kind: number, count: number): Cbor {
    switch (kind) {
      case 0:
        return count;
      case 1:
        return -1 - count;
      case 2:
        return this.take(count);
      case 3:
        return new TextDecoder().decode(this.take(count));
      case 4:
        return this.values(count);
      case 5:
        return this.pairs(count);
      case 6:
        return new Tagged(count, this.value());
      default:
        throw new CborError("a kind that no list uses");
    }
  }

  private values(count: number): Cbor[] {
    const values: Cbor[] = [];
    for (let n = 0; n < count; n += 1) values.push(this.value());
    return values;
  }

  private pairs(count: number): Map<Cbor, Cbor> {
    const pairs = new Map<Cbor, Cbor>();
    for (let n = 0; n < count; n += 1) {
      const key = this.value();
      pairs.set(key, this.value());
    }
    return pairs;
  }

  private count(small: number): number {
    if (small < 24) return small;
    const length = LENGTHS[small];
    if (length === undefined) throw new CborError("a length without end");
    let count = 0;
    for (const byte of this.take(length)) count = count * 256 + byte;
    if (!Number.isSafeInteger(count)) throw new CborError("a number too large");
    return count;
  }

  private take(length: number): Uint8Array<ArrayBuffer> {
    if (this.at + length > this.bytes.length) throw new CborError("the bytes end too early");
    const taken = this.bytes.slice(this.at, this.at + length);
    this.at += length;
    return taken;
  }
}
