// Today's sales as the tablet's own daybook has them.

import { useEffect, useState } from "preact/hooks";
import { canUndo } from "../app/desk";
import type { DayLine } from "../device/db";
import { clockText } from "../rules/time";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon, type IconName } from "../ui/icons";
import type { Go } from "./app";
import { ReceiptScreen } from "./done";
import { priceText, yuan } from "./words";

export function TodayScreen({ go }: { go: Go }) {
  const [till, view] = useTill();
  const [lines, setLines] = useState<DayLine[]>([]);
  const [open, setOpen] = useState<DayLine | null>(null);
  useEffect(() => {
    void till.store.getAllFromIndex("daybook", "day", till.today()).then((found) => setLines(found.reverse()));
  }, [view.waiting, view.alarms]);
  if (open) return <OneLine line={open} go={go} onBack={() => setOpen(null)} />;
  return (
    <Screen title={t("Today")} onBack={() => go({ at: "home" })}>
      <p class="hint">{till.mode === "till" ? summary(lines) : ""}</p>
      {lines.length === 0 && <p>{t("Nothing was sold yet today.")}</p>}
      <ul class="lines">
        {lines.map((line) => (
          <li key={line.counter}>
            <button type="button" onClick={() => setOpen(line)}>
              <Icon name={iconOf(line)} />
              <span>{clockText(line.occurred_at)}</span>
              <strong>{amountOf(line)}</strong>
              <span class={`state ${line.state}`}>{stateWord(line)}</span>
              <span class="small">{line.ref}</span>
            </button>
          </li>
        ))}
      </ul>
    </Screen>
  );
}

function OneLine({ line, go, onBack }: { line: DayLine; go: Go; onBack(): void }) {
  const [till] = useTill();
  const [undoable, setUndoable] = useState(false);
  useEffect(() => void canUndo(till, line).then(setUndoable), [line.ref]);
  if (line.state === "refused") {
    return (
      <Screen title={line.ref} onBack={onBack}>
        <Notice kind="failed">{line.refused ? said(line.refused.zh, line.refused.en) : t("Not booked")}</Notice>
      </Screen>
    );
  }
  return (
    <>
      <ReceiptScreen line={line} onBack={onBack} />
      {line.kind === "sale" && line.state === "booked" && (
        <div class="screen-foot">
          {undoable && (
            <button type="button" onClick={() => go({ at: "undo", line })}>
              <Icon name="back" />
              {t("Undo this sale")}
            </button>
          )}
          <button type="button" onClick={() => go({ at: "refund", ref: line.ref })}>
            <Icon name="refund" />
            {t("Refund")}
          </button>
        </div>
      )}
    </>
  );
}

function summary(lines: DayLine[]): string {
  const booked = lines.filter((line) => line.state === "booked");
  const sales = booked.filter((line) => line.kind === "sale");
  const handed = booked.filter((line) => line.kind === "redeem");
  if (sales.length === 0 && handed.length > 0) {
    const back = booked.filter((line) => line.kind === "goods_return");
    const fenOf = (some: DayLine[]): number => some.reduce((sum, line) => sum + line.paid_fen, 0);
    return t("{count} handed out, {back} taken back; {yuan} beside the points are in the till", {
      count: handed.length,
      back: back.length,
      yuan: yuan(fenOf(handed) - fenOf(back)),
    });
  }
  return t("{sales} sales, {refunds} refunds; points took off {yuan}", {
    sales: sales.length,
    refunds: booked.filter((line) => line.kind === "refund").length,
    yuan: yuan(sales.reduce((sum, line) => sum + line.offset_fen, 0)),
  });
}

function amountOf(line: DayLine): string {
  if (line.kind === "redeem" || line.kind === "goods_return") return priceText(line.offset_units, line.paid_fen);
  return line.kind === "refund" ? `−${yuan(line.total_fen)}` : yuan(line.total_fen);
}

function iconOf(line: DayLine): IconName {
  if (line.state === "waiting") return "waiting";
  if (line.state === "refused") return "failed";
  if (line.kind === "redeem") return "gift";
  if (line.kind === "goods_return") return "refund";
  return line.kind === "refund" ? "refund" : "done";
}

function stateWord(line: DayLine): string {
  if (line.state === "waiting") return line.offline ? t("Provisional") : t("Waiting");
  if (line.state === "refused") return t("Not booked");
  if (line.differences.length > 0) return t("Booked differently");
  if (line.kind === "redeem") return t("Redeemed");
  if (line.kind === "goods_return") return t("Taken back");
  if (line.undo) return t("Undone");
  return line.kind === "refund" ? t("Given back") : t("Booked");
}
