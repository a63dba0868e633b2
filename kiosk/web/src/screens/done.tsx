// How it ended: booked, refused, or kept until the server answers.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Done } from "../app/desk";
import type { DayLine } from "../device/db";
import type { News } from "../rules/speech";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { PrintButtons } from "../ui/print_buttons";
import { ReceiptSlip } from "../ui/receipt";
import { Figures, Result } from "../ui/result";
import { type Sides, TwoSides } from "./offline_words";
import { cutText, differenceText, figuresOf } from "./words";

interface DoneProps {
  done: Done;
  again: string;
  onAgain(): void;
  onHome?: () => void;
  /** More buttons beside the receipt's. */
  children?: ComponentChildren;
}

export function DoneScreen({ done: first, again, onAgain, onHome, children }: DoneProps) {
  const [receipt, setReceipt] = useState(false);
  const done = useNews(first);
  useEffect(() => {
    if (done.kind === "booked" && done.line.differences.length === 0) void sayNews(done.line);
  }, [done.kind]);
  if (done.kind === "refused") return null;
  const { line } = done;
  if (receipt) return <ReceiptScreen line={line} onBack={() => setReceipt(false)} />;
  const differs = line.differences.length > 0;
  const isRefused = line.state === "refused";
  const kind = differs || isRefused ? "failed" : done.kind === "booked" ? "done" : "waiting";
  return (
    <Screen title={titleOf(line)}>
      <Result kind={kind} word={wordOf(done, differs)}>
        <Figures of={figuresOf(line)} />
      </Result>
      {line.refused && <Notice kind="failed">{said(line.refused.zh, line.refused.en)}</Notice>}
      {line.outcome?.earned_reason && <p class="hint">{cutText(line.outcome.earned_reason)}</p>}
      {line.differences.map((one) => (
        <Notice kind="failed" key={one.field}>
          {differenceText(one)}
        </Notice>
      ))}
      {kind === "waiting" && <Waiting done={done} />}
      <button type="button" class="main" onClick={onAgain}>
        {again}
      </button>
      <div class="row">
        {!isRefused && (
          <button type="button" onClick={() => setReceipt(true)}>
            <Icon name="print" />
            {t("Receipt")}
          </button>
        )}
        {children}
        {onHome && (
          <button type="button" onClick={onHome}>
            {t("Home")}
          </button>
        )}
      </div>
    </Screen>
  );
}

/** Good news alone, and never what is left: others stand near. */
async function sayNews(line: DayLine): Promise<void> {
  const told: News[] = [];
  if (line.kind === "sale" && line.offset_units > 0) told.push({ news: "taken", units: line.offset_units, fen: line.offset_fen });
  if (line.kind === "sale" && line.outcome && line.outcome.earned_units > 0) told.push({ news: "arrived", units: line.outcome.earned_units });
  if (line.kind === "redeem") told.push({ news: "handed" });
  if (told.length === 0) return;
  // Not needed to sell, so not in the first load.
  const { say } = await import("../ui/speaker");
  await say(...told);
}

/** What waits here may get its answer while the clerk looks on. */
function useNews(first: Done): Done {
  const [till, view] = useTill();
  const [done, setDone] = useState(first);
  useEffect(() => {
    if (done.kind !== "waiting") return;
    void till.store.get("daybook", done.line.counter).then((line) => {
      if (line && line.ref === done.line.ref && line.state !== "waiting") setDone(line.state === "booked" ? { kind: "booked", line } : { ...done, line });
    });
  }, [view.waiting, view.alarms]);
  return done;
}

function titleOf(line: DayLine): string {
  if (line.kind === "refund") return t("Refund");
  if (line.kind === "voucher") return t("Voucher");
  if (line.kind === "benefit") return t("Benefit");
  if (line.kind === "goods_return") return t("Take goods back");
  return line.kind === "redeem" ? t("Redeem goods") : t("Sale");
}

function wordOf(done: Exclude<Done, { kind: "refused" }>, differs: boolean): string {
  if (differs) return t("Booked differently");
  if (done.line.state === "refused") return t("Not booked");
  if (done.kind === "booked") return t("Done");
  return done.line.offline ? t("Provisional") : t("Waiting");
}

function Waiting({ done }: { done: Exclude<Done, { kind: "refused" }> }) {
  const { line } = done;
  const refused = done.kind === "waiting" ? done.refused : null;
  return (
    <>
      {refused && <Notice kind="warning">{said(refused.zh, refused.en)}</Notice>}
      <Notice kind="warning">
        {line.offline
          ? t("Kept on this tablet without network. The community confirms it as soon as there is one; give the customer the slip.")
          : line.offset_fen > 0
          ? t("The server has not answered. The sale is kept and sent again by itself. Wait for the answer before you give the goods away for points.")
          : t("The server has not answered. The sale is kept and sent again by itself; you need not do anything.")}
      </Notice>
    </>
  );
}

interface RefusedProps {
  sentence: string;
  /** Instead of the sentence: one for the customer, one for the clerk. */
  sides?: Sides | null;
  onAgain(): void;
  onChange?: () => void;
  onHome(): void;
}

export function RefusedScreen({ sentence, sides, onAgain, onChange, onHome }: RefusedProps) {
  return (
    <Screen title={t("Not booked")}>
      <Result kind="failed" word={t("Not booked")}>
        {sentence && <p>{sentence}</p>}
      </Result>
      {sides && <TwoSides {...sides} />}
      <button type="button" class="main" onClick={onAgain}>
        <Icon name="scan" />
        {t("Scan again")}
      </button>
      <div class="row">
        {onChange && (
          <button type="button" onClick={onChange}>
            {t("Change")}
          </button>
        )}
        <button type="button" onClick={onHome}>
          {t("Home")}
        </button>
      </div>
    </Screen>
  );
}

export function ReceiptScreen({ line, onBack }: { line: DayLine; onBack(): void }) {
  return (
    <Screen title={t("Receipt")} onBack={onBack}>
      <ReceiptSlip line={line} />
      <PrintButtons halves />
    </Screen>
  );
}
