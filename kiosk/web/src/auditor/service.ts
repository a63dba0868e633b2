// What the page may ask of the check, and what it is told: the same in a worker and, where there is none, in the page.

import { PackFault } from "./rules/pack";
import type { Comparison, KeptFile } from "./rules/kept";
import type { Receipt } from "./rules/receipt";
import { type Progress, type Report, Session } from "./rules/session";

export type Request =
  | { id: number; ask: "check"; zip: Uint8Array<ArrayBuffer> }
  | { id: number; ask: "compare"; text: string }
  | { id: number; ask: "receipt"; text: string }
  | { id: number; ask: "keep"; dataSha256: string };

export type Answer =
  | { id: number; kind: "progress"; progress: Progress }
  | { id: number; kind: "report"; report: Report }
  | { id: number; kind: "compared"; comparison: Comparison | null }
  | { id: number; kind: "receipt"; receipt: Receipt }
  | { id: number; kind: "kept"; file: KeptFile }
  | { id: number; kind: "failed"; code: string; detail: string };

let session: Session | null = null;

/** Works on a request in small steps; a step may have something to tell, the last one has the answer. */
export function* answer(request: Request): Generator<Answer | undefined, Answer> {
  const { id } = request;
  try {
    return yield* work(request);
  } catch (error) {
    if (error instanceof PackFault) return { id, kind: "failed", code: error.code, detail: error.detail };
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { id, kind: "failed", code: "fault_of_page", detail: said };
  }
}

function* work(request: Request): Generator<Answer | undefined, Answer> {
  const { id } = request;
  if (request.ask === "check") {
    session = new Session(request.zip);
    const run = session.run();
    for (;;) {
      const step = run.next();
      if (step.done) return { id, kind: "report", report: step.value };
      yield { id, kind: "progress", progress: step.value };
    }
  }
  if (!session) throw new Error("nothing is open");
  switch (request.ask) {
    case "compare":
      return { id, kind: "compared", comparison: yield* quietly(session.compare(request.text)) };
    case "receipt":
      return { id, kind: "receipt", receipt: yield* quietly(session.receipt(request.text)) };
    case "keep":
      return { id, kind: "kept", file: yield* quietly(session.keep(request.dataSha256)) };
  }
}

function* quietly<T>(part: Generator<void, T>): Generator<undefined, T> {
  for (;;) {
    const step = part.next();
    if (step.done) return step.value;
    yield undefined;
  }
}
