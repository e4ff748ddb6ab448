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

// What only adds to a notice that still stands changes its words, without a sound; one that was put away stays away.
const standing = new Map();
const notify = (row) => {
  const quietly = "quietly" in row.dataset;
  if ("Notification" in window && Notification.permission === "granted" && (!quietly || standing.has(row.id))) {
    const notice = new Notification("Nachfass", { body: row.dataset.notify, tag: row.id, icon: "/static/icon.svg", silent: quietly });
    standing.set(row.id, notice);
    notice.onclose = () => standing.get(row.id) === notice && standing.delete(row.id);
  }
  delete row.dataset.notify;
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
