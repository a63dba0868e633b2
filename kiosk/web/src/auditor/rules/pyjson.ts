// JSON as Python's json.dumps writes it by default with sorted keys: digests of the book's papers are over that text.

/** A whole number as its decimal text, since ids pass 2^53. */
export class Whole {
  constructor(readonly text: string) {}
}

export type Value = null | string | Whole | readonly Value[] | { readonly [name: string]: Value };

/** `{"a": 1, "b": [null, "x"]}`: a blank after colons and commas, keys sorted, signs beyond ASCII as they are. */
export function pythonJson(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string") return text(value);
  if (value instanceof Whole) return value.text;
  if (isList(value)) return `[${value.map(pythonJson).join(", ")}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${text(name)}: ${pythonJson(value[name] as Value)}`).join(", ")}}`;
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** Both languages escape the same signs of a text. */
const text = (value: string): string => JSON.stringify(value);
