// What came of checking a code of the seal: one word, one colour, one sign, one sentence, and what the paper must say.

import type { Facts, Verdict } from "../rules/tlog/proof_code";
import { dayText, monthText } from "../rules/time";
import { hundredths, points } from "../rules/units";
import { mark, t } from "../text/t";
import { type Figure, Figures, Result } from "./result";

interface Said {
  kind: "done" | "waiting" | "failed";
  word: string;
  sentence: string;
}

/** A verdict in words. The colour follows from it: green is only what a board carries or this device keeps itself. */
export function verdictWords(verdict: Verdict): Said {
  switch (verdict.kind) {
    case "published": {
      const facts = { month: monthText(verdict.published.month), day: dayText(verdict.published.date) };
      return { kind: "done", word: t("In the published root"), sentence: t("It lies in the root of {month} that went up on {day}.", facts) };
    }
    case "kept":
      return { kind: "done", word: t("Sealed"), sentence: t("It lies in the newest root this device keeps. The next monthly board will carry it.") };
    case "newer":
      return { kind: "waiting", word: t("Signed, newer than known here"), sentence: t("The community signed it; this device does not know so new a root yet. Check again with network, or after the next monthly board.") };
    case "between":
      return { kind: "waiting", word: t("Signed, not compared"), sentence: t("The community signed it, but it cannot be compared without network. Check again with network, or have the slip printed anew.") };
    case "promised":
      return { kind: "waiting", word: t("Signed, not sealed then"), sentence: t("It was printed before it was sealed. Check again with network, or have the slip printed anew.") };
    case "unreadable":
      return { kind: "failed", word: t("Not believed"), sentence: t("The code was read wrongly or has been changed. Scan it again; if it is refused again, do not accept the paper.") };
    case "stranger":
      return { kind: "failed", word: t("Not believed"), sentence: t("It is signed with a key this device does not know. Check again with network; if it is refused again, it is not genuine.") };
    case "foreign":
      return { kind: "failed", word: t("Another community's"), sentence: t("This code belongs to another community and can only be checked there.") };
    case "forged":
      return verdict.why === "contradicts"
        ? { kind: "failed", word: t("FORGED, or the book was changed"), sentence: t("It is signed, but the root it names is not the one that was published. Keep the paper and tell the street office.") }
        : { kind: "failed", word: t("FORGED"), sentence: t("This code was made up or changed. Do not accept it; keep the paper and tell the community office.") };
  }
}

export function VerdictCard({ verdict, facts }: { verdict: Verdict; facts: Facts | null }) {
  const said = verdictWords(verdict);
  const figures = facts && isSigned(verdict) ? factFigures(facts) : [];
  return (
    <>
      <Result kind={said.kind} word={said.word}>
        <p>{said.sentence}</p>
      </Result>
      {figures.length > 0 && (
        <section aria-label={t("What the paper must say")}>
          <h2>{t("What the paper must say")}</h2>
          <Figures of={figures} />
          <p class="hint">{t("If the paper says anything else, the paper was changed.")}</p>
        </section>
      )}
    </>
  );
}

/** Facts nobody signed are shown to nobody. */
const isSigned = (verdict: Verdict): boolean =>
  !["foreign", "stranger", "unreadable"].includes(verdict.kind) && (verdict.kind !== "forged" || verdict.why === "contradicts");

const KINDS: Partial<Record<string, string>> = {
  sale: mark("Sale"),
  refund: mark("Refund"),
  redeem: mark("Redeem goods"),
  entry: mark("Entry of points"),
  statement: mark("Monthly statement of points offsets"),
};

// The names are those of the server's slips; amounts in fen and units.
const FACTS: [name: string, label: string, shown: (value: string, precision: number) => string][] = [
  ["kind", mark("Kind"), (value) => t(KINDS[value] ?? value)],
  ["ref", mark("Receipt number"), (value) => value],
  ["number", mark("Statement number"), (value) => value],
  ["month", mark("Month"), (value) => monthText(Number(value))],
  ["day", mark("Day"), (value) => dayText(Number(value))],
  ["original_ref", mark("Refund for"), (value) => value],
  ["total_fen", mark("Total"), yuanOf],
  ["offset_units", mark("Points used"), pointsOf],
  ["offset_fen", mark("Taken off by points"), yuanOf],
  ["paid_fen", mark("Paid in yuan"), yuanOf],
  ["earned_units", mark("Points earned"), pointsOf],
  ["goods_fen", mark("Goods returned"), yuanOf],
  ["cash_fen", mark("Give back in yuan"), yuanOf],
  ["units_back", mark("Points returned"), pointsOf],
  ["units", mark("Points used"), pointsOf],
  ["change_units", mark("Points"), pointsOf],
  ["payable_fen", mark("Owed now"), yuanOf],
  ["digest", mark("Fingerprint"), (value) => value],
];

/** Signed facts as figures, in the order people read a receipt; a name that is not known here is left out. */
function factFigures(facts: Facts): Figure[] {
  return FACTS.flatMap(([name, label, shown]) => {
    const value = facts[name];
    return value === undefined ? [] : [{ label: t(label), value: shown(value, Number(facts["precision"] ?? "2")) }];
  });
}

function yuanOf(value: string): string {
  return t("{yuan} yuan", { yuan: hundredths(Number(value)) });
}

function pointsOf(value: string, precision: number): string {
  const shown = precision === 2 ? points(Number(value)) : (Number(value) / 10 ** precision).toFixed(precision);
  return t("{points} points", { points: shown });
}
