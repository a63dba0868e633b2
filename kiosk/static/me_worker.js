// Where the network is away, the resident's pages give way to the kept page of spare codes. It is kept by that page
// itself, once its reader asked for it; nothing else is.
"use strict";

const NAME = "jifen-spare";
const PAGE = "/me/spare";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  const isPage = request.mode === "navigate" && (pathname === "/me" || pathname.startsWith("/me/"));
  if (isPage) event.respondWith(fresh(request, PAGE));
  else if (pathname.startsWith("/static/")) event.respondWith(fresh(request, pathname));
});

/** The server's answer; where there is none, what was kept under `name`. */
async function fresh(request, name) {
  try {
    return await fetch(request);
  } catch (error) {
    const cache = await caches.open(NAME);
    const kept = await cache.match(name, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
