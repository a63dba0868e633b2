// The frame of every screen: where one is, the way back, the other language, the connection.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { inLanguage, mark, t } from "../text/t";
import { Connection } from "./connection";
import { RealTillContext, TillContext, useRealTill, useTill } from "./context";
import { Icon } from "./icons";

export { RealTillContext, TillContext, useRealTill, useTill };

interface ScreenProps {
  title: string;
  onBack?: (() => void) | undefined;
  children: ComponentChildren;
  /** Takes the whole width of a tablet. */
  wide?: boolean;
  /** Stands above the bar: the home screen's first line. */
  above?: ComponentChildren;
}

export function Screen({ title, onBack, children, wide, above }: ScreenProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [till] = useTill();
  useEffect(() => heading.current?.focus(), [title]);
  return (
    <div class={`screen${wide ? " wide" : ""}${till.isTraining ? " training" : ""}`}>
      {above}
      <header>
        {till.isTraining && <p class="training-bar">{t("Training: nothing counts, nobody pays")}</p>}
        <div class="bar">
          {onBack && (
            <button type="button" class="quiet" onClick={onBack} aria-label={t("Back")}>
              <Icon name="back" />
            </button>
          )}
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
          <LanguageButton />
        </div>
        {!till.isTraining && <Connection />}
      </header>
      <main>{children}</main>
    </div>
  );
}

export function LanguageButton() {
  const [till, view] = useTill();
  const other = view.preferences.language === "zh" ? "en" : "zh";
  return (
    <button type="button" class="quiet" lang={other === "zh" ? "zh-CN" : "en"} onClick={() => void till.setPreferences({ language: other })}>
      {other === "zh" ? inLanguage("zh", mark("Chinese")) : "English"}
    </button>
  );
}

/** A sentence of a refusal or a hint, read out when it appears. */
export function Notice({ kind, children }: { kind: "failed" | "warning" | "info"; children: ComponentChildren }) {
  return (
    <p class={`notice ${kind}`} role={kind === "info" ? "status" : "alert"}>
      {kind !== "info" && <Icon name={kind} />}
      <span>{children}</span>
    </p>
  );
}
