import { describe, expect, it } from "vitest";
import { type Picture, REACH, sharpen } from "../src/rules/sharpen";

function grey(width: number, height: number, value: (x: number, y: number) => number): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let dot = 0; dot < width * height; dot += 1) {
    data.fill(value(dot % width, Math.floor(dot / width)), dot * 4, dot * 4 + 3);
    data[dot * 4 + 3] = 255;
  }
  return { data, width, height };
}

const at = ({ data, width }: Picture, x: number, y: number): number => data[(y * width + x) * 4]!;

describe("sharpening", () => {
  it("leaves an even picture as it is", () => {
    const picture = grey(20, 12, () => 90);
    sharpen(picture);
    expect(new Set([...picture.data].filter((_, place) => place % 4 !== 3))).toEqual(new Set([90]));
  });

  it("is three times the dot less twice the mean of the 81 around it", () => {
    const value = (x: number, y: number): number => 80 + ((x * 7 + y * 13) % 60);
    const picture = grey(30, 30, value);
    sharpen(picture);
    for (const [x, y] of [[0, 0], [15, 15], [29, 3], [7, 28]] as const) {
      let sum = 0;
      for (let dy = -REACH; dy <= REACH; dy += 1) {
        for (let dx = -REACH; dx <= REACH; dx += 1) {
          sum += value(Math.min(Math.max(x + dx, 0), 29), Math.min(Math.max(y + dy, 0), 29));
        }
      }
      expect(Math.abs(at(picture, x, y) - (3 * value(x, y) - (2 * sum) / 81))).toBeLessThan(2);
    }
  });

  it("parts a soft edge into black and white", () => {
    const picture = grey(40, 10, (x) => (x < 20 ? 110 : 140));
    sharpen(picture);
    expect(at(picture, 19, 5)).toBeLessThan(100);
    expect(at(picture, 20, 5)).toBeGreaterThan(150);
  });
});
