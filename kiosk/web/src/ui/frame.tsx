// The frame of every screen: where one is, the way back, the connection, the other language.

import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { Till, View } from "../app/till";
import { inLanguage, mark, t } from "../text/t";
import { Icon } from "./icons";

export const TillContext = createContext<Till | null>(null);

export function useTill(): [Till, View] {
  const till = useContext(TillContext);
  if (!till) throw new Error("a screen outside the till");
  const [view, setView] = useState(till.view);
  useEffect(() => till.subscribe(() => setView(till.view)), [till]);
  return [till, view];
}

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
  useEffect(() => heading.current?.focus(), [title]);
  return (
    <div class={wide ? "screen wide" : "screen"}>
      {above}
      <header class="bar">
        {onBack && (
          <button type="button" class="quiet" onClick={onBack} aria-label={t("Back")}>
            <Icon name="back" />
          </button>
        )}
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        <Connection always={above !== undefined} />
        <LanguageButton />
      </header>
      <main>{children}</main>
    </div>
  );
}

/** Online or not, and how many writes wait, in words and not by colour alone; away from home only what needs a look. */
export function Connection({ always }: { always: boolean }) {
  const [, view] = useTill();
  const words = always || !view.online ? [view.online ? t("Online") : t("Offline")] : [];
  if (view.waiting > 0) words.push(t("{count} waiting", { count: view.waiting }));
  return (
    <span class={`connection ${view.online && view.waiting === 0 ? "good" : "open"}`} role="status">
      {words.map((word) => (
        <span key={word}>{word}</span>
      ))}
    </span>
  );
}

export function LanguageButton() {
  const [till, view] = useTill();
  const other = view.preferences.language === "zh" ? "en" : "zh";
  const name = other === "zh" ? inLanguage("zh", mark("Chinese")) : "English";
  const short = other === "zh" ? inLanguage("zh", mark("Zh")) : "EN";
  return (
    <button
      type="button"
      class="quiet"
      lang={other === "zh" ? "zh-CN" : "en"}
      aria-label={name}
      onClick={() => void till.setPreferences({ language: other })}
    >
      {short}
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
