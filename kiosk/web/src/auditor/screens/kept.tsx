// What was kept last time, and what to keep for the next.

import { useState } from "preact/hooks";
import { t } from "../../text/t";
import type { Engine } from "../engine";
import { compareWords } from "../judgement";
import type { Comparison } from "../rules/kept";
import type { Report } from "../rules/session";
import { day } from "../show";
import { Scan } from "./scan";

interface Props {
  report: Report;
  engine: Engine;
  comparisons: readonly Comparison[];
  onCompared: (comparison: Comparison) => void;
}

export function KeptView({ report, engine, comparisons, onCompared }: Props) {
  const [text, setText] = useState("");
  const [fault, setFault] = useState("");
  const compare = async (said: string): Promise<void> => {
    if (said.trim() === "") return;
    const found = await engine.compare(said);
    setFault(found ? "" : t("This is neither a checkpoint, nor a board's code, nor a kept file, nor a size and a root."));
    if (found) onCompared(found);
    setText(found ? "" : said);
  };
  return (
    <section aria-labelledby="kept-title">
      <h1 id="kept-title" tabIndex={-1}>
        {t("Compare with what was kept")}
      </h1>
      <p>{t("The file this page wrote last time, the code on last time's sheet or on a notice board, a checkpoint as text, or a size and a root as you wrote them down.")}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void compare(text);
        }}
      >
        <label class="field" for="kept-text">
          {t("Kept from before")}
          <textarea id="kept-text" rows={5} spellcheck={false} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <div class="acts">
          <button type="submit" class="main">
            {t("Compare")}
          </button>
          <Scan onText={(said) => void compare(said)} />
        </div>
      </form>
      {fault && (
        <p class="notice wait" role="alert">
          {fault}
        </p>
      )}
      <ul class="plain" aria-live="polite">
        {comparisons.map((one) => {
          const said = compareWords(one, report);
          return (
            <li class={`notice ${said.tone}`} data-outcome={one.outcome} data-keys={one.keys}>
              <strong>{said.title}</strong> {said.text}
            </li>
          );
        })}
      </ul>
      <h2>{t("Keep this for next time")}</h2>
      <p>{t("Take the file out of the building. Whoever writes the book cannot change what you carry away.")}</p>
      <button type="button" class="main" onClick={() => void keep(report, engine)}>
        {t("Save the file to keep")}
      </button>
    </section>
  );
}

async function keep(report: Report, engine: Engine): Promise<void> {
  const file = await engine.keep(report.dataSha256);
  if (!file) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${JSON.stringify(file)}\n`], { type: "application/json" }));
  link.download = `jifen-kept-${report.issuer}-${day(report.to)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
