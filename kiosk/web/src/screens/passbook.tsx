// The passbook page: it goes on where the last print ended; a page can be printed once more.

import { useEffect, useRef, useState } from "preact/hooks";
import { newRequestId, printPage, printPassbook, type Whose } from "../app/counter";
import type { PassbookLine, PassbookSheet } from "../net/types";
import { points } from "../rules/units";
import { readScan } from "../scan/read";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { noServer } from "./enrol";

export function PassbookScreen({ go, first }: { go: Go; first: Whose | null }) {
  const [till] = useTill();
  const [whose, setWhose] = useState<Whose | null>(first);
  const [sheet, setSheet] = useState<PassbookSheet | null>(null);
  const [fault, setFault] = useState("");
  const request = useRef(newRequestId(till));
  const home = (): void => go({ at: "home" });

  const show = async (asked: ReturnType<typeof printPassbook>): Promise<void> => {
    const answer = await asked;
    if (answer.kind === "ok") setSheet(answer.value);
    setFault(answer.kind === "ok" ? "" : answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
  };
  const open = (of: Whose): Promise<void> => {
    setWhose(of);
    return show(printPassbook(till, of, request.current));
  };
  useEffect(() => {
    if (first) void open(first);
  }, []);
  const scan = (text: string): void => {
    if (whose) return;
    void readScan(till, text).then((read) => {
      play(read.kind === "token" || read.kind === "receipt" ? "read" : "failed");
      if (read.kind === "token") void open({ token: read.token.text });
      else if (read.kind === "receipt") void open({ ref: read.ref });
      else if (read.kind === "fault") setFault(read.sentence);
    });
  };
  useScans(scan);

  if (!whose || !sheet) {
    return (
      <Screen title={t("Passbook")} onBack={home}>
        {fault && <Notice kind="failed">{fault}</Notice>}
        {!whose && <Scanner onText={scan} />}
        {!whose && <p class="hint">{t("Scan the card, or the slip that was just printed here.")}</p>}
        {fault && whose && (
          <button type="button" class="main" onClick={() => void open(whose)}>
            {t("Try again")}
          </button>
        )}
      </Screen>
    );
  }
  const pages = Math.max(1, Math.ceil(sheet.printed / sheet.page_lines));
  return (
    <Screen title={t("Passbook")} onBack={home} wide>
      {fault && <Notice kind="failed">{fault}</Notice>}
      <p class="hint" role="status">
        {sheet.lines.length === 0
          ? t("Nothing new since the last print. Line {line} is the last.", { line: sheet.printed })
          : t("Put the passbook in with page {page} open; printing goes on at line {line}.", { page: pageOf(sheet.first, sheet), line: placeOf(sheet.first, sheet) })}
      </p>
      {pagesOf(sheet).map((lines) => (
        <Page key={lines[0]!.line_no} lines={lines} sheet={sheet} />
      ))}
      <div class="row">
        <button type="button" class="main" disabled={sheet.lines.length === 0} onClick={() => window.print()}>
          <Icon name="print" />
          {t("Print")}
        </button>
      </div>
      <div class="row">
        <button type="button" disabled={sheet.printed === 0} onClick={() => void show(printPage(till, whose, pages))}>
          {t("Print page {page} once more", { page: pages })}
        </button>
        <button type="button" onClick={() => go({ at: "redeem" })}>
          {t("Next resident")}
        </button>
      </div>
    </Screen>
  );
}

const pageOf = (line: number, sheet: PassbookSheet): number => Math.floor((line - 1) / sheet.page_lines) + 1;
const placeOf = (line: number, sheet: PassbookSheet): number => ((line - 1) % sheet.page_lines) + 1;

function pagesOf(sheet: PassbookSheet): PassbookLine[][] {
  const pages = new Map<number, PassbookLine[]>();
  for (const line of sheet.lines) pages.set(pageOf(line.line_no, sheet), [...(pages.get(pageOf(line.line_no, sheet)) ?? []), line]);
  return [...pages.values()];
}

/** One leaf: lines that stand on the paper already stay blank, so that the new ones fall below them. */
function Page({ lines, sheet }: { lines: PassbookLine[]; sheet: PassbookSheet }) {
  const first = lines[0]!.line_no;
  const blank = placeOf(first, sheet) - 1;
  return (
    <table class="passbook">
      <caption>{t("Page {page}", { page: pageOf(first, sheet) })}</caption>
      <thead class={blank > 0 ? "printed" : ""}>
        <tr>
          <th scope="col">{t("Date")}</th>
          <th scope="col">{t("Matter")}</th>
          <th scope="col">{t("Plus")}</th>
          <th scope="col">{t("Minus")}</th>
          <th scope="col">{t("Balance left")}</th>
          <th scope="col">{t("Handled by")}</th>
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: blank }, (_, at) => (
          <tr key={`blank${at}`} class="blank" aria-hidden="true">
            <td colSpan={6} />
          </tr>
        ))}
        {lines.map((line) => (
          <tr key={line.line_no}>
            <td>{line.date}</td>
            <td>{line.matter}</td>
            <td>{line.plus_units > 0 ? points(line.plus_units) : ""}</td>
            <td>{line.minus_units > 0 ? points(line.minus_units) : ""}</td>
            <td>
              <strong>{points(line.balance_units)}</strong>
            </td>
            <td>{line.handled_by}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
