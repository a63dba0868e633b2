import { describe, expect, it } from "vitest";
import table from "../../voice/clips.json";
import { clipsOf, type News, numberClips } from "../src/rules/speech";

const clips = table as unknown as Record<string, [string, string]>;
const spoken = (names: string[]): string => names.map((name) => clips[name]![0]).join("");
const said = (news: News): string => spoken(clipsOf(news, 100));

describe("numbers as people say them", () => {
  it.each([
    [0, "\u96f6"],
    [2, "\u4e24"],
    [12, "\u5341\u4e8c"],
    [20, "\u4e8c\u5341"],
    [105, "\u4e00\u767e\u96f6\u4e94"],
    [128, "\u4e00\u767e\u4e8c\u5341\u516b"],
    [1_005, "\u4e00\u5343\u96f6\u4e94"],
    [2_000, "\u4e24\u5343"],
    [10_050, "\u4e00\u4e07\u96f6\u4e94\u5341"],
    [120_000, "\u5341\u4e8c\u4e07"],
  ])("%i", (whole, text) => {
    expect(spoken(numberClips(whole))).toBe(text);
  });

  it("has a clip for every number and sum there can be", () => {
    for (let units = 0; units < 300_000; units += 37) {
      for (const news of [{ news: "arrived", units }, { news: "taken", units, fen: units }] as News[]) {
        expect(clipsOf(news, 100).filter((name) => !(name in clips))).toEqual([]);
      }
    }
  });
});

describe("sentences", () => {
  it("say what came and what came off, word for word", () => {
    expect(said({ news: "arrived", units: 3_200 })).toBe("\u79ef\u5206\u5230\u8d26\u4e09\u5341\u4e8c\u5206");
    expect(said({ news: "taken", units: 2_000, fen: 100 })).toBe("\u672c\u6b21\u62b5\u6263\u4e8c\u5341\u79ef\u5206\u4e00\u5143");
    expect(said({ news: "arrived", units: 1_280 })).toBe("\u79ef\u5206\u5230\u8d26\u5341\u4e8c\u70b9\u516b\u5206");
    expect(said({ news: "taken", units: 11_000, fen: 550 })).toBe("\u672c\u6b21\u62b5\u6263\u4e00\u767e\u4e00\u5341\u79ef\u5206\u4e94\u5143\u4e94\u89d2");
    expect(said({ news: "look" })).toBe("\u8bf7\u770b\u5c4f\u5e55");
  });
});
