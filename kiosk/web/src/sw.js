// Keeps one whole build of the till on the tablet, so that it opens without network. Figures are never kept here.

const NAME = `jifen-${"BUILD"}`;
const FILES = ["FILES"];
const SHELLS = ["/till", "/counter"];
// A page that opens from the tablet itself is there within a second and a half, also where the network says nothing.
const PATIENCE_MS = 700;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll([...FILES, ...SHELLS]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("jifen-") && name !== NAME;
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
  else if (request.mode === "navigate" && SHELLS.includes(pathname)) event.respondWith(shell(pathname, request));
});

async function kept(pathname, request) {
  const cache = await caches.open(NAME);
  return (await cache.match(pathname)) ?? fetch(request);
}

/** The server's page where it answers soon, else the kept one. */
async function shell(pathname, request) {
  const cache = await caches.open(NAME);
  const late = new Promise((resolve) => setTimeout(() => resolve(cache.match(pathname)), PATIENCE_MS));
  const fresh = fetch(request).catch(() => cache.match(pathname));
  return (await Promise.race([fresh, late])) ?? fresh;
}
