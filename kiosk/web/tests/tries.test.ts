import { expect, test } from "vitest";
import { Tries } from "../src/app/tries";

test("the same wish keeps its number, a changed one names those that were never answered", () => {
  let count = 0;
  const tries = new Tries(() => `id-${(count += 1)}`);
  const [eggs, soap] = [[{ good_id: "1", quantity: 1 }], [{ good_id: "2", quantity: 1 }]];

  expect(tries.next(eggs)).toEqual({ request_id: "id-1", instead_of: [] });
  expect(tries.next(eggs)).toEqual({ request_id: "id-1", instead_of: [] });
  expect(tries.next(soap)).toEqual({ request_id: "id-2", instead_of: ["id-1"] });
  expect(tries.next(soap)).toEqual({ request_id: "id-2", instead_of: ["id-1"] });
  // Back to the first wish: it gets a number of its own, since the server may have used the old one up.
  expect(tries.next(eggs)).toEqual({ request_id: "id-3", instead_of: ["id-1", "id-2"] });
  tries.known();
  expect(tries.next(eggs)).toEqual({ request_id: "id-4", instead_of: [] });
});
