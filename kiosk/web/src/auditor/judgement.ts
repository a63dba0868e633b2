// The verdict in one sentence, and what a comparison with something kept means.

import { t } from "../text/t";
import type { Comparison } from "./rules/kept";
import type { Report } from "./rules/session";
import { count } from "./show";

export type Tone = "good" | "wait" | "bad";

export interface Said {
  tone: Tone;
  title: string;
  text: string;
}

const BAD = new Set(["rewritten", "shorter"]);

const isBad = ({ outcome, keys }: Comparison): boolean => BAD.has(outcome) || (keys === "other" && outcome !== "stranger");

export function outcomeOf(report: Report, comparisons: readonly Comparison[]): Said {
  if (comparisons.some(isBad)) {
    return { tone: "bad", title: t("This is not the book that was kept"), text: t("Do not sign it. Keep this package and what you kept before, side by side.") };
  }
  if (report.faults > 0) {
    return { tone: "bad", title: t("The book does not hold"), text: t("{n} faults were found. Each is listed with its file and row.", { n: count(report.faults) }) };
  }
  if (report.looks > 0 || comparisons.some(({ outcome }) => outcome === "recovered")) {
    return { tone: "wait", title: t("The figures hold; some things need a question"), text: t("{n} things are listed that a person has to ask about.", { n: count(report.looks) }) };
  }
  return { tone: "good", title: t("The book holds"), text: t("Every entry gives the sealed root; balances, claims, statements and payouts were added up anew and agree.") };
}

export function compareWords(one: Comparison, report: Report): Said {
  const said = outcomeWords(one, report);
  if (one.keys === "other" && one.outcome !== "stranger") {
    return { tone: "bad", title: [said.title, t("THE KEYS ARE NOT THOSE YOU KEPT.")].join(" "), text: said.text };
  }
  const more = [said.text];
  if (one.kept.isSigned === true) more.push(t("What you kept is signed, and the signature is right."));
  if (one.keys === "same") more.push(t("The keys are those you kept."));
  if (one.keys === "more") more.push(t("A key was added, and the one before it named it."));
  return { ...said, text: more.join(" ") };
}

function outcomeWords({ outcome, kept, from, before }: Comparison, report: Report): Said {
  const facts = { old: count(kept.size), now: count(report.chain.size), from: count(from + 1), before: count(before) };
  switch (outcome) {
    case "longer":
      return { tone: "good", title: t("This is the same book, longer."), text: t("Kept: {old} entries. Now: {now}. The first {old} entries give the very root that was kept.", facts) };
    case "same":
      return { tone: "good", title: t("This is the very book that was kept."), text: t("Kept and now: {old} entries, the same root.", facts) };
    case "rewritten": {
      const title = t("THE BOOK WAS REWRITTEN before entry {n}.", { n: facts.before });
      const text = kept.blocks.length > 0 ? t("The change lies in entries {from} to {before}; before that nothing was touched.", facts) : t("The first {old} entries no longer give the root that was kept.", facts);
      return { tone: "bad", title, text };
    }
    case "recovered":
      return { tone: "wait", title: t("The book went on after a declared loss."), text: t("The office signed that entries {from} to {before} and later ones were lost. What you kept cannot be held against them: compare with tills, receipts and the report of the loss.", facts) };
    case "shorter":
      return { tone: "bad", title: t("ENTRIES ARE GONE."), text: t("Kept: {old} entries. This package has only {now}.", facts) };
    case "stranger":
      return { tone: "wait", title: t("What you kept is another community's."), text: t("It cannot be compared with this book.") };
    case "forged":
      return { tone: "wait", title: t("What you kept is not rightly signed."), text: t("Was it copied wrongly? It says nothing about this book.") };
  }
}
