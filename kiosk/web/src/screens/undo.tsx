// A sale taken back whole by the clerk who sees the mistake: why, and it is done.

import { useState } from "preact/hooks";
import { type Done, undo, type UndoReason } from "../app/desk";
import type { DayLine } from "../device/db";
import { refundFigures } from "../rules/offset";
import { mark, said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Figures } from "../ui/result";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { DoneScreen } from "./done";
import { pointsText, yuan } from "./words";

const REASONS: Record<UndoReason, string> = {
  wrong_amount: mark("The amount was wrong"),
  wrong_card: mark("The wrong customer's code"),
  wrong_points: mark("Other points were wanted"),
  not_wanted: mark("The customer does not buy"),
};

interface UndoProps {
  go: Go;
  line: DayLine;
}

export function UndoScreen({ go, line }: UndoProps) {
  const [till] = useTill();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const [done, setDone] = useState<Done | null>(null);
  const home = (): void => go({ at: "home" });
  const back = refundFigures({ totalFen: line.total_fen, offsetFen: line.offset_fen, offsetUnits: line.offset_units, refundedFen: 0 }, line.total_fen);
  const take = async (reason: UndoReason): Promise<void> => {
    setBusy(true);
    const result = await undo(till, line, reason);
    setBusy(false);
    if (result.kind !== "refused") return setDone(result);
    play("failed");
    setFault(said(result.refused.zh, result.refused.en));
  };
  if (done) return <DoneScreen done={done} again={t("Home")} onAgain={home} />;
  return (
    <Screen title={t("Undo this sale")} onBack={home}>
      {fault && <Notice kind="failed">{fault}</Notice>}
      <p class="hint">{line.ref}</p>
      <Figures
        of={[
          { label: t("Give back in yuan"), value: yuan(back.cashFen), strong: true },
          { label: t("Points returned"), value: pointsText(back.offsetUnits) },
        ]}
      />
      <h2>{t("Why?")}</h2>
      <ul class="choices">
        {(Object.keys(REASONS) as UndoReason[]).map((reason) => (
          <li key={reason}>
            <button type="button" disabled={busy} onClick={() => void take(reason)}>
              {t(REASONS[reason])}
            </button>
          </li>
        ))}
      </ul>
    </Screen>
  );
}
