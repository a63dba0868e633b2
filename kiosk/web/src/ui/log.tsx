// What a device keeps of the community's log, and the two notes that do not fit.

import type { LogFault, LogKept, Evidence as Found } from "../rules/tlog/witness";
import { dayText, monthText } from "../rules/time";
import { t } from "../text/t";
import { Icon } from "./icons";
import { Figures } from "./result";

/** The monthly roots this device keeps: what hangs on the wall must be among them. */
export function Roots({ kept }: { kept: LogKept }) {
  const shown = (size: number, root: string): string => t("{size} entries, {root}", { size, root: root.slice(0, 8) });
  return (
    <section aria-label={t("Roots this device keeps")}>
      <h2>{t("Roots this device keeps")}</h2>
      <Figures
        of={[
          ...[...kept.published].reverse().map((one) => ({
            label: t("{month}, put up on {day}", { month: monthText(one.month), day: dayText(one.date) }),
            value: shown(one.size, one.root),
          })),
          { label: t("Newest"), value: kept.note === null ? t("none yet") : shown(kept.size, kept.root) },
        ]}
      />
    </section>
  );
}

const WHY: Record<LogFault, () => string> = {
  origin: () => t("The server showed the log of another community."),
  signature: () => t("The server showed a root that no key this device knows has signed."),
  forked: () => t("The new root does not grow out of the one this device keeps: something was changed or taken out."),
  older: () => t("The server showed an older book than this device has seen."),
  published: () => t("A published root is not the one this device has seen, or does not lie in the book."),
};

/** The two notes that cannot both be true; `state` says when it was met and who knows of it. */
export function Evidence({ evidence, state }: { evidence: Found; state?: string }) {
  return (
    <section class="alarm" role="alert">
      <p>
        <strong>{WHY[evidence.why]()}</strong>
      </p>
      <p>{t("Show this to the street office.")}</p>
      {state && <p>{state}</p>}
      <p>{t("This device keeps")}</p>
      <pre class="note">{evidence.kept ?? "-"}</pre>
      <p>{t("The server showed")}</p>
      <pre class="note">{evidence.offered || "-"}</pre>
      <button type="button" onClick={() => window.print()}>
        <Icon name="print" />
        {t("Print")}
      </button>
    </section>
  );
}
