// One wish under one number until its answer is known; what was asked for before and never answered goes along.

/** Gives a wish its number: the same as long as it is the same wish, a new one where it changed meanwhile. */
export class Tries {
  private last: { id: string; wish: string } | null = null;
  private unanswered: string[] = [];

  constructor(private readonly newId: () => string) {}

  /** The number to ask under, and the numbers of other wishes whose answers never came: the server ends those first. */
  next(wish: unknown): { request_id: string; instead_of: string[] } {
    const text = JSON.stringify(wish);
    if (this.last && this.last.wish !== text) this.unanswered = [...this.unanswered, this.last.id].slice(-10);
    if (this.last?.wish !== text) this.last = { id: this.newId(), wish: text };
    return { request_id: this.last!.id, instead_of: this.unanswered };
  }

  /** The answer is known, whatever it was. */
  known(): void {
    this.last = null;
    this.unanswered = [];
  }
}
