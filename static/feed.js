// What HTML cannot do in the feed: say whether it is live, desktop notifications, J and K. Everything works without it.
const live = document.getElementById("live");
const state = (name) => {
  live.hidden = false;
  live.textContent = live.dataset[name];
  live.classList.toggle("lost", name === "lost");
};
document.addEventListener("htmx:sse:after:connection", (event) => state(event.detail.connection.status < 400 ? "live" : "lost"));
for (const name of ["before:connection", "error", "close"]) document.addEventListener(`htmx:sse:${name}`, () => state("lost"));
document.addEventListener("reload", () => document.querySelector("[data-empty-feed]") && location.reload());

// What an open tab tells goes through the browser's worker, as pushes do: it shows each thing once, whoever brings it. Without one, the tab itself does.
const mayTell = "Notification" in window && Notification.permission === "granted";
const worker = mayTell && navigator.serviceWorker?.register("/sw.js").then(() => navigator.serviceWorker.ready).catch(() => null);
const notify = async (row) => {
  const { notify: body, tag, activity: id, way } = row.dataset, quietly = "quietly" in row.dataset;
  delete row.dataset.notify;
  if (!mayTell) return;
  const there = await worker;
  if (there) there.active.postMessage({ title: "Nachfass", body, tag, id, way, quietly, at: Date.now(), language: document.documentElement.lang });
  else if (!quietly) new Notification("Nachfass", { body, tag, icon: "/static/icon.svg" });
};
document.addEventListener("htmx:sse:after:message", () => {
  for (const row of document.querySelectorAll(".event[data-notify]")) notify(row);
  for (const row of document.querySelectorAll(".event.new")) setTimeout(() => row.classList.remove("new"), 6000);
});

for (const field of document.querySelectorAll("[data-submits]")) field.addEventListener("change", () => field.form.requestSubmit());
for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const links = [...document.querySelectorAll(".event .what")];
  links[Math.max(0, links.indexOf(document.activeElement) + step)]?.focus();
});
