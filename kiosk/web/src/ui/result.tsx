// The end of a sale or refund: one word, one colour, one sign, one tone, and what happened in figures.

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "./icons";
import { play, type Tone } from "./sound";

export interface Figure {
  label: string;
  value: string;
  strong?: boolean;
}

interface ResultProps {
  kind: Extract<Tone, "done" | "failed" | "waiting">;
  word: string;
  children?: ComponentChildren;
}

export function Result({ kind, word, children }: ResultProps) {
  useEffect(() => play(kind), [kind, word]);
  return (
    <section class={`result ${kind}`} role={kind === "done" ? "status" : "alert"}>
      <p class="word">
        <Icon name={kind} />
        {word}
      </p>
      {children}
    </section>
  );
}

export function Figures({ of: figures }: { of: Figure[] }) {
  return (
    <dl class="figures">
      {figures.map((figure) => (
        <div key={figure.label} class={figure.strong ? "strong" : ""}>
          <dt>{figure.label}</dt>
          <dd>{figure.value}</dd>
        </div>
      ))}
    </dl>
  );
}
