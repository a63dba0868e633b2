// Every sentence on the screen: English is the key, the product's catalogues hold the Chinese.

import texts from "../generated/texts.json";

export type Language = "zh" | "en";
export type Facts = Record<string, string | number>;

const catalogues = texts as Partial<Record<Language, Record<string, string>>>;
let current: Language = "zh";

export const language = (): Language => current;

export function useLanguage(next: Language): void {
  current = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
}

/** The sentence in the language of the screen, with its {facts} filled in. */
export const t = (message: string, facts: Facts = {}): string => inLanguage(current, message, facts);

export function inLanguage(which: Language, message: string, facts: Facts = {}): string {
  const sentence = catalogues[which]?.[message] || message;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}

/** Names a sentence that is translated later; gives it back unchanged. */
export const mark = (message: string): string => message;

/** A sentence the server sent in both languages. */
export const said = (zh: string, en: string): string => (current === "zh" ? zh : en || zh);
