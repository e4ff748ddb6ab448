// Nachfass in the background: shows each notification once, whoever brings it (a push, or any open tab), and opens what it is about.
const SHOWN = "shown", MOST_REMEMBERED = 200;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));
self.addEventListener("message", (event) => event.waitUntil(show(event.data)));

// One after another: to ask Chromium what stands while it is about to show something makes it forget that.
let before = Promise.resolve();
const show = (note) => (before = before.catch(() => {}).then(() => showOnce(note)));

// What only adds to a notification that still stands changes its words, without a sound; one that was put away stays away.
const showOnce = async (note) => {
  if (note.quietly && !(await self.registration.getNotifications({ tag: note.tag })).length) return;
  if (await wasShown(note.id)) return;
  await self.registration.showNotification(note.title, {
    body: note.body, tag: note.tag, renotify: !note.quietly, silent: Boolean(note.quietly), timestamp: note.at, lang: note.language,
    icon: "/static/icon.svg", data: { id: note.id, way: note.way },
  });
  await remember(note.id);
};

// Told at least once by the server, so known by its id here once it stands: on disk, for this worker is asleep most of the time.
const wasShown = async (id) => Boolean(await (await caches.open(SHOWN)).match(`/shown/${id}`));
const remember = async (id) => {
  const kept = await caches.open(SHOWN);
  await kept.put(`/shown/${id}`, new Response(""));
  const keys = await kept.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - MOST_REMEMBERED))) await kept.delete(old);
};

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data.way, self.location.origin)));
});

// A tab that shows it already comes to the front; another tab may hold something half written, so it is left alone.
const open = async (url) => {
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = tabs.find((tab) => new URL(tab.url).pathname === url.pathname);
  return there ? there.focus() : self.clients.openWindow(url.href);
};

// The browser changed where it takes pushes: say so, with the old address as proof.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));
const renew = async (event) => {
  const old = event.oldSubscription;
  if (!old) return;
  const now = event.newSubscription ?? (await self.registration.pushManager.subscribe(old.options));
  const { endpoint, keys } = now.toJSON();
  await fetch("/push/renewed", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ old: old.endpoint, endpoint, ...keys }),
  });
};
