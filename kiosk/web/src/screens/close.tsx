// The end of the day: the counts of the tablet's own book, and one key that files them.

import { useEffect, useState } from "preact/hooks";
import { type Closed, closeDays, type OpenDay, openDays } from "../app/close";
import type { Batch } from "../device/db";
import { dayText } from "../rules/time";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { PrintButtons } from "../ui/print_buttons";
import { Figures, Result } from "../ui/result";
import type { Go } from "./app";
import { yuan } from "./words";

export function CloseScreen({ go }: { go: Go }) {
  const [till] = useTill();
  const [days, setDays] = useState<OpenDay[] | null>(null);
  const [closed, setClosed] = useState<Closed | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => void openDays(till).then(setDays), []);
  const file = async (): Promise<void> => {
    setBusy(true);
    setClosed(await closeDays(till));
    setDays(await openDays(till));
    setBusy(false);
  };
  return (
    <Screen title={t("Close the day")} onBack={() => go({ at: "home" })}>
      {closed && <Outcome closed={closed} />}
      {days?.map((day) => (
        <DaySlip key={day.day} day={day} />
      ))}
      {days?.length === 0 && closed && (
        <button type="button" class="main" onClick={() => go({ at: "home" })}>
          {t("Home")}
        </button>
      )}
      {days?.length === 0 && !closed && <p>{t("Everything is filed. There is nothing to close.")}</p>}
      {days && days.length > 0 && (
        <>
          <button type="button" class="main" disabled={busy} onClick={() => void file()}>
            <Icon name="close" />
            {busy ? t("One moment…") : t("File these figures")}
          </button>
          <PrintButtons />
        </>
      )}
    </Screen>
  );
}

function DaySlip({ day }: { day: OpenDay }) {
  const [till, view] = useTill();
  const { totals } = day;
  return (
    <article class={`slip mm${view.preferences.paper}`}>
      {till.isTraining && <p class="training-bar">{t("Training: not a receipt")}</p>}
      <h2>{dayText(day.day)}</h2>
      <Figures
        of={[
          { label: t("Sales"), value: String(totals.sales) },
          { label: t("Refunds"), value: String(totals.refunds) },
          { label: t("Points took off"), value: yuan(totals.offset_fen_plus), strong: true },
          { label: t("Returned by refunds"), value: yuan(totals.offset_fen_minus) },
          { label: t("Receipts from and to"), value: `${totals.first_counter} – ${totals.last_counter}` },
        ]}
      />
    </article>
  );
}

function Outcome({ closed }: { closed: Closed }) {
  if (closed.kind === "waits") {
    return (
      <Result kind="waiting" word={t("Not yet")}>
        <p>{t("{count} entries still wait for the server. Connect the tablet, wait until none is waiting, and close again.", { count: closed.count })}</p>
      </Result>
    );
  }
  return (
    <>
      {closed.batches.map((batch) => (
        <BatchResult key={batch.batch_no} batch={batch} />
      ))}
    </>
  );
}

function BatchResult({ batch }: { batch: Batch }) {
  const facts = { day: dayText(batch.day), batch: batch.batch_no };
  if (batch.state === "refused" && batch.refused) {
    return (
      <Result kind="failed" word={t("Not filed")}>
        <p>{said(batch.refused.zh, batch.refused.en)}</p>
      </Result>
    );
  }
  if (batch.state === "waiting") {
    return (
      <Result kind="waiting" word={t("Waiting")}>
        <p>{t("{day} is kept as batch {batch} and sent as soon as the server answers.", facts)}</p>
      </Result>
    );
  }
  const held = batch.state === "held";
  return (
    <Result kind={held ? "failed" : "done"} word={held ? t("Not filed") : t("Filed")}>
      <p>
        {held
          ? t("The server adds {day} up otherwise. Nothing of it counts; file again, and call the community office if it happens twice.", facts)
          : t("{day} is filed as batch {batch}.", facts)}
      </p>
      {batch.differences.length === 0 && <p>{t("The control totals agree.")}</p>}
      {batch.differences.map((one, at) => (
        <Notice kind="warning" key={at}>
          {one.name === "missing_counter"
            ? t("There is no line with the number {counter}.", { counter: one.counter ?? 0 })
            : t("{field}: {till} here, {server} at the server", { field: one.name, till: one.till ?? 0, server: one.server ?? 0 })}
        </Notice>
      ))}
    </Result>
  );
}
