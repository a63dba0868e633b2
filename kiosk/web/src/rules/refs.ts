// References people read aloud: terminal, day, counter and a check character (ISO 7064 MOD 37,36).

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SHAPE = /^([0-9A-Z]{2,8})-(\d{6})-(\d{5})-([0-9A-Z])$/;

export interface Reference {
  terminalCode: string;
  yymmdd: string;
  counter: number;
}

/** The MOD 37,36 check character; signs other than digits and capitals are passed over. */
export function checkCharacter(text: string): string {
  let total = 36;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) continue;
    total += value;
    total = ((total % 36 || 36) * 2) % 37;
  }
  return ALPHABET.charAt((37 - total) % 36);
}

/** "M01T1", 20260302, 457 -> "M01T1-260302-00457-" and its check character. */
export function makeReference(terminalCode: string, businessDate: number, counter: number): string {
  const day = String(businessDate % 1_000_000).padStart(6, "0");
  const body = `${terminalCode}-${day}-${String(counter).padStart(5, "0")}-`;
  return body + checkCharacter(body);
}

/** Takes a reference apart, however it was typed; null where shape or check character is wrong. */
export function readReference(text: string): (Reference & { ref: string }) | null {
  const ref = text.trim().toUpperCase();
  const match = SHAPE.exec(ref);
  if (!match || checkCharacter(ref.slice(0, -1)) !== ref.slice(-1)) return null;
  return { ref, terminalCode: match[1]!, yymmdd: match[2]!, counter: Number(match[3]) };
}
