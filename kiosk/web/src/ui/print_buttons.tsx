// Prints whatever slip is on the screen: on the shop's receipt printer where one was chosen, else as the browser prints.

import { useState } from "preact/hooks";
import type { Sent } from "../print/printer";
import { inLanguage, mark, t } from "../text/t";
import { Notice, useTill } from "./frame";
import { Icon } from "./icons";

/** `halves`: a slip of which the shop keeps one, where the shop chose so. */
export function PrintButtons({ halves }: { halves?: boolean }) {
  const [till, view] = useTill();
  const [sent, setSent] = useState<Sent | null>(null);
  const [busy, setBusy] = useState(false);
  const { paper, printer, halves: wantsHalves } = view.preferences;
  const print = async (): Promise<void> => {
    if (!printer) return window.print();
    setBusy(true);
    // Not needed to sell, so not in the first load.
    const { printSlips } = await import("../print/slip");
    // A slip kept from before has its rows in the language of that time.
    const own = (["zh", "en"] as const).map((language) => inLanguage(language, mark("Balance")));
    const both = halves && wantsHalves ? { customer: t("Customer's half"), shop: t("Shop's half"), own } : null;
    setSent(await printSlips({ printer, paper, halves: both }));
    setBusy(false);
  };
  return (
    <>
      {sent && <Outcome sent={sent} />}
      <div class="row">
        <button type="button" disabled={busy} onClick={() => void print()}>
          <Icon name="print" />
          {t("Print")}
        </button>
        {printer && sent && sent !== "sent" ? (
          <button type="button" onClick={() => window.print()}>
            {t("Print as the tablet does")}
          </button>
        ) : (
          <button type="button" class="quiet" onClick={() => void till.setPreferences({ paper: paper === 58 ? 80 : 58 })}>
            {t("Paper {width} mm", { width: paper })}
          </button>
        )}
      </div>
    </>
  );
}

export function Outcome({ sent }: { sent: Sent }) {
  if (sent === "sent") return <Notice kind="info">{t("The printer has it. No paper? Look at the roll and the lid, then print again.")}</Notice>;
  return (
    <Notice kind="warning">
      {sent === "not_there"
        ? t("The receipt printer is not connected. Plug it in, or choose it again in the settings.")
        : t("The receipt printer did not take it. Is it switched on, with paper in, and used by nothing else?")}
    </Notice>
  );
}
