// The receipt: large on the screen, a strip of 58 or 80 mm on paper, with its number as a code to scan back.

import { encode } from "uqr";
import type { DayLine } from "../device/db";
import { t } from "../text/t";
import { useTill } from "./frame";
import { Icon } from "./icons";

export function ReceiptSlip({ line }: { line: DayLine }) {
  const [, view] = useTill();
  return (
    <article class={`slip mm${view.preferences.paper}`} aria-label={t("Receipt")}>
      <dl>
        {(line.receipt?.lines ?? []).map((row, at) => (
          <div key={at}>
            <dt>{row.label}</dt>
            <dd>{row.value}</dd>
          </div>
        ))}
      </dl>
      <QrCode text={line.receipt?.qr_text ?? line.ref} />
      <p class="ref">{line.ref}</p>
    </article>
  );
}

function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: "M", border: 2 });
  const path = data
    .map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).join(""))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("Receipt number as a code")}>
      <path d={path} />
    </svg>
  );
}

/** Prints whatever slip is on the screen, at the paper's width. */
export function PrintButtons() {
  const [till, view] = useTill();
  const { paper } = view.preferences;
  return (
    <div class="row">
      <button type="button" onClick={() => window.print()}>
        <Icon name="print" />
        {t("Print")}
      </button>
      <button type="button" class="quiet" onClick={() => void till.setPreferences({ paper: paper === 58 ? 80 : 58 })}>
        {t("Paper {width} mm", { width: paper })}
      </button>
    </div>
  );
}
