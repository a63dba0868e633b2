// The first screen: which package is to be checked.

import { useState } from "preact/hooks";
import { t } from "../../text/t";
import { Choose } from "./choose";

export function Open({ onFile, fault }: { onFile: (file: File) => void; fault: string }) {
  const [isOver, setOver] = useState(false);
  return (
    <section aria-labelledby="open-title">
      <h1 id="open-title">{t("Check a points book")}</h1>
      <p class="lead">{t("This page checks the whole book on this computer. It needs no network and sends nothing anywhere.")}</p>
      {fault && (
        <p class="notice bad" role="alert">
          {fault}
        </p>
      )}
      <label
        class={`drop${isOver ? " over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          const file = event.dataTransfer?.files[0];
          if (file) onFile(file);
        }}
      >
        <strong>{t("Choose kit.zip, or drop it here")}</strong>
        <span>{t("The ZIP you were given, or any export of the book as a ZIP.")}</span>
        <Choose accept=".zip,application/zip" onFile={onFile} />
      </label>
    </section>
  );
}
