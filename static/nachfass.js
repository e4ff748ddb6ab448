// What HTML cannot do: keep times young, close notes, single keys. Everything works without it.
const relative = () => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
    if (minutes >= 1 && minutes < 60) time.textContent = `${minutes} min`;
    else if (minutes >= 60 && /min$/.test(time.textContent)) time.textContent = new Date(time.dateTime).toTimeString().slice(0, 5);
  }
};
setInterval(relative, 30000);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-toast]")) event.target.closest("[data-toast]").remove();
  if (event.target.closest("[data-close-notice]")) event.target.closest(".note").remove();
  if (event.target.closest("[data-back]")) history.back();
});
setTimeout(() => document.querySelector("[data-toast]")?.remove(), 10000);

// The row that asked may have been told anew before the answer comes, and htmx drops what comes for something that is gone: the toast with its Undo.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => { if (ctx.swap === "none") ctx.target = document.body; });

// R asks for a reminder: of the row one is on (J and K lead there), else of what the page is about.
const remind = () => {
  const way = document.activeElement?.closest(".event")?.querySelector("[data-remind]") ?? document.querySelector("summary[data-remind]") ?? document.querySelector("a[data-remind-here]");
  const fold = way?.closest("details");
  if (fold) fold.open = true;
  if (way?.matches("a")) way.click();
  else fold?.querySelector("[data-first]")?.focus();
};
document.addEventListener("htmx:after:swap", (event) => event.target.closest?.(".row-menu")?.querySelector(".asking [data-first]")?.focus());
// "Undo" in a toast: the toast is gone when its answer comes, so htmx tells the document, and what listens on the body would hear nothing.
document.addEventListener("reminders", (event) => event.target === document && document.body.dispatchEvent(new CustomEvent("reminders", { bubbles: true })));
document.addEventListener("reminders", () => document.querySelectorAll(".row-menu[open]").forEach((menu) => { menu.open = false; menu.querySelector(".asking").replaceChildren(); }));

const keys = { c: "/compose", "/": () => document.querySelector("[type=search]")?.focus(), r: remind };
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable], trix-editor");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  const act = keys[event.key];
  if (typeof act === "function") act();
  else location.assign(act);
});

// A moment that was written in words goes into the date field beside them.
document.addEventListener("htmx:after:swap", () => {
  for (const told of document.querySelectorAll("[data-into]")) {
    const field = document.getElementById(told.dataset.into);
    told.removeAttribute("data-into");
    if (!field || field.value === told.value) continue;
    field.value = told.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

// Whoever picks a moment by hand means that one, and no longer what the words beside it say.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[type=datetime-local][id]")) return;
  const words = document.querySelector(`[hx-get$="into=${CSS.escape(event.target.id)}"]`);
  if (!words?.value) return;
  words.value = "";
  document.getElementById(words.getAttribute("aria-describedby"))?.replaceChildren();
});
