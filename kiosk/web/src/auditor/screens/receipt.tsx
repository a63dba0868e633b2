// A resident's receipt against this book.

import { useState } from "preact/hooks";
import { mark, t } from "../../text/t";
import type { Engine } from "../engine";
import type { Receipt, ReceiptVerdict } from "../rules/receipt";
import type { Report } from "../rules/session";
import { count, day, moment } from "../show";
import { Scan } from "./scan";

const VERDICTS: Readonly<Record<ReceiptVerdict, { tone: string; text: string }>> = {
  in_book: { tone: "good", text: mark("This receipt stands in the book, unchanged.") },
  found: { tone: "wait", text: mark("The book has an entry of this number. A number alone proves nothing about the paper: use its code.") },
  forged: { tone: "bad", text: mark("FORGED: this paper was not made from this book.") },
  gone: { tone: "bad", text: mark("THE BOOK DOES NOT HAVE IT: the community signed this receipt, and its entry is not where it must be.") },
  newer: { tone: "wait", text: mark("This receipt was sealed after this package was written. Ask for a newer package.") },
  foreign: { tone: "wait", text: mark("This receipt is another community's.") },
  stranger: { tone: "bad", text: mark("FORGED, or from a time of another key: no key of this package signed it.") },
  not_found: { tone: "bad", text: mark("The book has no entry of this number.") },
  unreadable: { tone: "wait", text: mark("This is neither a receipt's code nor a proof nor a receipt's number.") },
};

export function ReceiptView({ report, engine }: { report: Report; engine: Engine }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<Receipt | null>(null);
  const [isBusy, setBusy] = useState(false);
  const check = async (said: string): Promise<void> => {
    if (said.trim() === "") return;
    setText(said);
    setBusy(true);
    setFound(await engine.receipt(said));
    setBusy(false);
  };
  return (
    <section aria-labelledby="receipt-title">
      <h1 id="receipt-title" tabIndex={-1}>
        {t("Check a receipt")}
      </h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void check(text);
        }}
      >
        <label class="field" for="receipt-text">
          {t("Scan the receipt's code into this field, paste a proof, or type the receipt's number")}
          <textarea id="receipt-text" rows={4} spellcheck={false} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <div class="acts">
          <button type="submit" class="main" disabled={isBusy}>
            {t("Check it")}
          </button>
          <Scan onText={(said) => void check(said)} />
        </div>
      </form>
      <div role="status" aria-live="polite">
        {found && <Result report={report} found={found} />}
      </div>
    </section>
  );
}

function Result({ report, found }: { report: Report; found: Receipt }) {
  const { tone, text } = VERDICTS[found.verdict];
  const { row } = found;
  return (
    <div>
      <p class={`notice ${tone}`} data-verdict={found.verdict}>
        <strong>{t(text)}</strong>
      </p>
      {Object.keys(found.said).length > 0 && (
        <dl class="facts">
          <dt>{t("The paper says")}</dt>
          <dd>
            {Object.entries(found.said)
              .map(([name, value]) => `${name} ${value}`)
              .join(" · ")}
          </dd>
        </dl>
      )}
      {row["audit_id"] && (
        <dl class="facts">
          <dt>{t("The book says")}</dt>
          <dd>
            {row["act"]} · {row["subject"]} · {moment(Number(row["at"]), report.timezone)}
          </dd>
          <dt>{t("Where")}</dt>
          <dd>
            audit.csv · {t("row {n}", { n: found.at ?? 0 })} · {t("place {n} in the order", { n: found.place === null ? "–" : count(found.place) })}
          </dd>
        </dl>
      )}
      {row["txn_id"] && (
        <dl class="facts">
          <dt>{t("The book says")}</dt>
          <dd>
            {row["ref"] ?? "–"} · {row["kind"]} · {day(Number(row["business_date"]))} · {moment(Number(row["occurred_at"]), report.timezone)}
          </dd>
          <dt>{t("Where")}</dt>
          <dd>
            txn.csv · {t("row {n}", { n: found.at ?? 0 })} · {t("place {n} in the order", { n: found.place === null ? "–" : count(found.place) })}
          </dd>
        </dl>
      )}
    </div>
  );
}
