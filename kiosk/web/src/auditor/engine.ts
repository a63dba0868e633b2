// Asks the check: in a worker made of this very file, and where a browser has none for pages from a disk, in slices.

import CheckWorker from "./worker?worker&inline";
import type { Comparison, KeptFile } from "./rules/kept";
import type { Receipt } from "./rules/receipt";
import type { Progress, Report } from "./rules/session";
import { type Answer, answer, type Request } from "./service";

/** Why a file could not be checked. */
export class CheckFault extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(code);
  }
}

const SLICE_MS = 30;
const DEAD = "worker_dead";

type Told = (progress: Progress) => void;
type Asked = Request extends infer One ? (One extends { id: number } ? Omit<One, "id"> : never) : never;

export class Engine {
  private worker: Worker | null = null;
  private hasSpoken = false;
  private isWithout = false;
  private next = 1;
  private readonly waiting = new Map<number, { done: (answer: Answer) => void; told: Told }>();

  async check(zip: Uint8Array<ArrayBuffer>, told: Told): Promise<Report> {
    const found = await this.ask({ ask: "check", zip }, told);
    if (found.kind !== "report") throw new CheckFault("fault_of_page", found.kind);
    return found.report;
  }

  async compare(text: string): Promise<Comparison | null> {
    const found = await this.ask({ ask: "compare", text });
    return found.kind === "compared" ? found.comparison : null;
  }

  async receipt(text: string): Promise<Receipt | null> {
    const found = await this.ask({ ask: "receipt", text });
    return found.kind === "receipt" ? found.receipt : null;
  }

  async keep(dataSha256: string): Promise<KeptFile | null> {
    const found = await this.ask({ ask: "keep", dataSha256 });
    return found.kind === "kept" ? found.file : null;
  }

  private async ask(asked: Asked, told: Told = () => undefined): Promise<Answer> {
    const request = { ...asked, id: this.next } as Request;
    this.next += 1;
    const worker = this.worker ?? this.start();
    let found = worker ? await this.inWorker(worker, request, told) : null;
    // A worker that dies before it said anything was never allowed to start.
    if (found === null || (found.kind === "failed" && found.code === DEAD && !this.hasSpoken)) {
      this.isWithout = true;
      this.worker = null;
      found = await inSlices(request, told);
    }
    if (found.kind === "failed") throw new CheckFault(found.code, found.detail);
    return found;
  }

  private start(): Worker | null {
    if (this.isWithout) return null;
    try {
      this.worker = new CheckWorker();
    } catch (error) {
      // Some browsers let no page from a disk start a worker.
      if (error instanceof Error) return null;
      throw error;
    }
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      this.hasSpoken = true;
      const asker = this.waiting.get(data.id);
      if (data.kind === "progress") asker?.told(data.progress);
      else {
        this.waiting.delete(data.id);
        asker?.done(data);
      }
    };
    this.worker.onerror = (event) => {
      const all = [...this.waiting];
      this.waiting.clear();
      for (const [id, { done }] of all) done({ id, kind: "failed", code: DEAD, detail: event.message });
    };
    return this.worker;
  }

  private inWorker(worker: Worker, request: Request, told: Told): Promise<Answer> {
    return new Promise((done) => {
      this.waiting.set(request.id, { done, told });
      worker.postMessage(request);
    });
  }
}

/** The same work in the page itself, never longer at once than a frame or two. */
async function inSlices(request: Request, told: Told): Promise<Answer> {
  const work = answer(request);
  for (;;) {
    const end = performance.now() + SLICE_MS;
    do {
      const step = work.next();
      if (step.done) return step.value;
      if (step.value?.kind === "progress") told(step.value.progress);
    } while (performance.now() < end);
    await new Promise((resume) => setTimeout(resume, 0));
  }
}
