// While it reckons: which part, and how far.

import { t } from "../../text/t";
import type { Progress } from "../rules/session";
import { STAGES } from "../words";

export function Working({ progress }: { progress: Progress | null }) {
  const percent = progress && progress.of > 0 ? Math.min(100, Math.floor((progress.done / progress.of) * 100)) : 0;
  const stage = STAGES[progress?.stage ?? "open"]!;
  return (
    <section aria-labelledby="work-title">
      <h1 id="work-title">{t("Checking the book")}</h1>
      <p role="status" aria-live="polite" class="lead">
        {t(stage)}
      </p>
      <progress max={100} value={percent} aria-label={t("Checking the book")}>
        {percent}%
      </progress>
      <p aria-hidden="true">{percent}%</p>
      <p>{t("Nothing has to be done meanwhile. A year of a large community takes a minute or two.")}</p>
    </section>
  );
}
