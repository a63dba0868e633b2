// The receipt: large on the screen, a strip of 58 or 80 mm on paper, with its number as a code to scan back.

import { useEffect, useState } from "preact/hooks";
import { encode } from "uqr";
import { sealCodeOf } from "../app/seal";
import type { DayLine } from "../device/db";
import type { SealCode } from "../net/types";
import { monthText } from "../rules/time";
import { pointsText, yuan } from "../screens/words";
import { t } from "../text/t";
import { useTill } from "./frame";

/** The slip of a line; one the server has not answered says that it is provisional, and why. */
export function ReceiptSlip({ line }: { line: DayLine }) {
  const [till, view] = useTill();
  const [seal, setSeal] = useState<SealCode | null>(line.seal ?? null);
  useEffect(() => {
    if (line.state === "booked" && !till.isTraining) void sealCodeOf(till, line).then(setSeal);
  }, [line.ref]);
  return (
    <article class={`slip mm${view.preferences.paper}${till.mode === "counter" ? " large" : ""}`} aria-label={t("Receipt")}>
      {till.isTraining && <p class="training-bar">{t("Training: not a receipt")}</p>}
      {line.state === "waiting" && <Provisional />}
      <dl>
        {(line.receipt?.lines ?? provisionalLines(line, view.terminal?.merchant_name ?? "")).map((row, at) => (
          <div key={at}>
            <dt>{row.label}</dt>
            <dd>{row.value}</dd>
          </div>
        ))}
      </dl>
      <QrCode text={line.receipt?.qr_text ?? line.ref} label={t("Receipt number as a code")} />
      <p class="ref">{line.ref}</p>
      {seal && <Proof seal={seal} />}
    </article>
  );
}

function Provisional() {
  return (
    <section class="provisional">
      <p>
        <strong>{t("Provisional")}</strong>
      </p>
      <p>{t("This till has no connection. The community confirms this slip as soon as it has one; if it cannot, you are told on your next visit. Keep the slip until then.")}</p>
    </section>
  );
}

/** What the tablet itself knows of a line, in the words of the server's slip. */
function provisionalLines(line: DayLine, shop: string): { label: string; value: string }[] {
  const used = line.offset_fen > 0 ? `${pointsText(line.offset_units)} = ${yuan(line.offset_fen)}` : pointsText(line.offset_units);
  const isRefund = line.kind === "refund";
  return [
    { label: t("Shop"), value: shop },
    { label: t("Receipt"), value: line.ref },
    { label: t("Time"), value: line.occurred_at.slice(0, 16).replace("T", " ") },
    { label: isRefund ? t("Goods returned") : t("Total"), value: yuan(line.total_fen) },
    ...(line.offset_units > 0 ? [{ label: isRefund ? t("Points back") : t("Points used"), value: used }] : []),
    { label: isRefund ? t("Money back") : t("Paid"), value: yuan(line.paid_fen) },
  ].filter(({ value }) => value !== "");
}

/** The larger code: proof that the receipt is in the sealed book, for any till of the community and any phone. */
function Proof({ seal }: { seal: SealCode }) {
  return (
    <section class="proof">
      <QrCode text={seal.text} label={t("Code that proves this receipt")} proof />
      <p>{proofWords(seal)}</p>
    </section>
  );
}

function proofWords({ state, month }: SealCode): string {
  if (state === "published") return t("Proven under the root of {month}. Any till of this community and any phone can check it.", { month: monthText(month ?? 0) });
  if (state === "sealed") return t("Sealed. Print it anew after the next monthly board: then the code proves it under the published root.");
  return t("Signed by the community; it is sealed within minutes. Print it anew later for the full proof.");
}

interface QrProps {
  text: string;
  label: string;
  /** A long text: least correction, so that its dots stay large enough for a receipt printer. */
  proof?: boolean;
}

export function QrCode({ text, label, proof }: QrProps) {
  const { data, size } = encode(text, { ecc: proof ? "L" : "M", border: proof ? 4 : 2 });
  const path = data
    .map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).join(""))
    .join("");
  return (
    <svg class={proof ? "qr large" : "qr"} viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges" data-code={text}>
      <path d={path} />
    </svg>
  );
}
