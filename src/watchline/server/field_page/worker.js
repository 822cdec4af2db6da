// Keeps the page itself on the phone, so that it opens without a connection; reports are kept by the page.
"use strict";
const SHELL = "watchline-field-2";
const FILES = ["/field", "/field/app.js", "/field/words.js", "/field/style.css"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const old = (keys) => Promise.all(keys.filter((key) => key.startsWith("watchline-field-") && key !== SHELL).map((key) => caches.delete(key)));
  event.waitUntil(caches.keys().then(old).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.searchParams.has("token") || !FILES.includes(url.pathname)) return;
  // The newest page when there is a connection, the kept one when there is none.
  event.respondWith(fetch(event.request).then((answer) => {
    if (answer.ok) { const copy = answer.clone(); caches.open(SHELL).then((cache) => cache.put(url.pathname, copy)); }
    return answer.ok ? answer : caches.match(url.pathname).then((kept) => kept ?? answer);
  }).catch(() => caches.match(url.pathname)));
});
