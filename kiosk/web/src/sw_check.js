// Keeps the page on which receipts are checked on the phone, so that it opens without network. It keeps the page as it
// was last seen, with the roots published by then.

const NAME = `jifen-check-${"BUILD"}`;
const FILES = ["FILES"];
const PAGE = "/CHECK";
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll(FILES).then(() => keepOpenPage(cache)))
      .then(() => self.skipWaiting()),
  );
});

/** The page that brought this worker was loaded before it: it is fetched once more, to be kept. */
async function keepOpenPage(cache) {
  const open = await self.clients.matchAll({ includeUncontrolled: true, type: "window" });
  const found = open.find((client) => new URL(client.url).pathname.startsWith(PAGE));
  const answer = await fetch(found ? found.url : PAGE);
  if (answer.ok) await cache.put(PAGE, answer);
}

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("jifen-check-") && name !== NAME;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (FILES.includes(pathname)) event.respondWith(kept(pathname, request));
  else if (request.mode === "navigate" && pathname.startsWith(PAGE)) event.respondWith(page(request));
});

async function kept(pathname, request) {
  const cache = await caches.open(NAME);
  return (await cache.match(pathname)) ?? fetch(request);
}

/** The server's page where it answers soon, else the kept one; the code to check stands in the address, not in the page. */
async function page(request) {
  const cache = await caches.open(NAME);
  const old = () => cache.match(PAGE);
  const late = new Promise((resolve) => setTimeout(() => resolve(old()), PATIENCE_MS));
  const fresh = fetch(request).then((answer) => {
    if (answer.ok) void cache.put(PAGE, answer.clone());
    return answer;
  }, old);
  return (await Promise.race([fresh, late])) ?? fresh;
}
