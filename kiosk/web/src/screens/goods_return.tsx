// The wrong thing taken home: scan the slip of today, say what came back, done.

import { useState } from "preact/hooks";
import { slipLines } from "../app/counter";
import { type Done, takeBack } from "../app/desk";
import type { SlipLine } from "../net/types";
import { readScan } from "../scan/read";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { DoneScreen, RefusedScreen } from "./done";
import { noServer } from "./enrol";
import { priceText, yuan } from "./words";

export function GoodsReturnScreen({ go }: { go: Go }) {
  const [till] = useTill();
  const [ref, setRef] = useState("");
  const [lines, setLines] = useState<SlipLine[]>([]);
  const [back, setBack] = useState<Record<number, number>>({});
  const [fault, setFault] = useState("");
  const [done, setDone] = useState<Done | null>(null);
  const [isSending, setSending] = useState(false);
  const home = (): void => go({ at: "home" });
  const sumOf = (price: (line: SlipLine) => number): number => lines.reduce((sum, line) => sum + price(line) * (back[line.line_no] ?? 0), 0);
  const units = sumOf((line) => line.price_units);
  const fen = sumOf((line) => line.price_fen ?? 0);

  const open = async (scanned: string): Promise<void> => {
    const answer = await slipLines(till, scanned);
    if (answer.kind !== "ok") return setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
    setFault("");
    setRef(scanned);
    setLines(answer.value.lines);
  };
  const scan = (text: string): void => {
    if (ref) return;
    void readScan(till, text).then((read) => {
      play(read.kind === "receipt" ? "read" : "failed");
      if (read.kind === "receipt") return open(read.ref);
      return setFault(t("Scan the slip of what was handed out today."));
    });
  };
  useScans(scan);
  const send = async (): Promise<void> => {
    setSending(true);
    const chosen = Object.entries(back).filter(([, quantity]) => quantity > 0);
    setDone(await takeBack(till, ref, chosen.map(([line_no, quantity]) => ({ line_no: Number(line_no), quantity })), { units, fen }));
    setSending(false);
  };

  if (done?.kind === "refused") return <RefusedScreen sentence={said(done.refused.zh, done.refused.en)} onAgain={() => go({ at: "goods_return" })} onHome={home} />;
  if (done) return <DoneScreen done={done} again={t("Next resident")} onAgain={() => go({ at: "redeem" })} onHome={home} />;
  return (
    <Screen title={t("Take goods back")} onBack={home}>
      {fault && <Notice kind="failed">{fault}</Notice>}
      {!ref && <Scanner onText={scan} />}
      {!ref && <p class="hint">{t("Scan the slip of what was handed out today.")}</p>}
      {ref && (
        <>
          <p class="hint">{t("What came back? The points return to the card.")}</p>
          {fen > 0 && <Notice kind="warning">{t("Give {yuan} back from this counter's till.", { yuan: yuan(fen) })}</Notice>}
          <ul class="back-lines">
            {lines.map((line) => (
              <BackLine key={line.line_no} line={line} count={back[line.line_no] ?? 0} onCount={(count) => setBack({ ...back, [line.line_no]: count })} />
            ))}
          </ul>
          <button type="button" class="main" disabled={units === 0 || isSending} onClick={() => void send()}>
            <Icon name="done" />
            {t("Take back, {points} return", { points: priceText(units, fen) })}
          </button>
        </>
      )}
    </Screen>
  );
}

function BackLine({ line, count, onCount }: { line: SlipLine; count: number; onCount(count: number): void }) {
  return (
    <li>
      <span>
        <strong>{line.name}</strong>
        <span class="small">{t("{points} each, {left} can come back", { points: priceText(line.price_units, line.price_fen ?? 0), left: line.left })}</span>
      </span>
      <div class="count">
        <button type="button" disabled={count === 0} onClick={() => onCount(count - 1)} aria-label={t("One {good} less", { good: line.name })}>
          −
        </button>
        <output aria-live="polite">{count}</output>
        <button type="button" disabled={count >= line.left} onClick={() => onCount(count + 1)} aria-label={t("One {good} more", { good: line.name })}>
          +
        </button>
      </div>
    </li>
  );
}
