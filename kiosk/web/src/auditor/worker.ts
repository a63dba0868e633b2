// The check in a thread of its own, so that the page never stands still.

import "../polyfills";
import { answer, type Request } from "./service";

const self_ = self as unknown as { onmessage: ((event: MessageEvent<Request>) => void) | null; postMessage(message: unknown): void };

self_.onmessage = ({ data }) => {
  const work = answer(data);
  for (;;) {
    const step = work.next();
    if (step.value) self_.postMessage(step.value);
    if (step.done) return;
  }
};
