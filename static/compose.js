// What HTML cannot do while writing: commas make tokens, files are refused before they travel, Ctrl Enter sends.
const composer = () => document.getElementById("compose");
const sized = (event) => event.target.closest?.("#files-of-draft input[type=file]");

document.addEventListener("trix-file-accept", (event) => event.preventDefault());

document.addEventListener("keydown", (event) => {
  const form = event.target.closest("#compose");
  if (!form) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(document.getElementById("send"));
  } else if (event.key === "Enter" && event.target.matches("input:not([type=url])")) {
    event.preventDefault();
    if (event.target.matches("[data-recipients]")) event.target.dispatchEvent(new Event("tokens", { bubbles: true }));
  } else if (event.key === "Backspace" && event.target.matches("[data-recipients]") && !event.target.value) {
    [...event.target.parentElement.querySelectorAll(".token button")].pop()?.focus();
  }
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-recipients]")) return;
  const chosen = [...document.querySelectorAll("#people option")].some((option) => option.value === event.target.value);
  if (chosen || /[,;]\s*$/.test(event.target.value)) event.target.dispatchEvent(new Event("tokens", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  const field = sized(event);
  if (!field) return;
  event.stopPropagation();
  const limit = document.getElementById("files-limit").dataset;
  const total = [...field.files].reduce((sum, file) => sum + file.size, Number(field.closest("[data-used]").dataset.used));
  const error = document.getElementById("files-error");
  error.textContent = total > Number(limit.room) ? limit.tooLarge : "";
  if (error.textContent) field.value = "";
  else field.dispatchEvent(new Event("attach"));
}, true);

document.addEventListener("htmx:after:request", (event) => {
  const field = event.target.closest?.("input[type=file]");
  if (field) field.value = "";
});

// A page that was opened as “New mail” is called after its draft once that is kept, so that reloading shows it again.
document.addEventListener("htmx:after:swap", () => {
  const form = composer();
  if (location.pathname === "/compose" && form && document.getElementById("saved")?.textContent.trim()) history.replaceState(null, "", form.dataset.url);
});

// Trix marks its buttons for the eye; say it to everybody.
const pressed = new MutationObserver((changes) => {
  for (const { target } of changes) if (target.hasAttribute("aria-pressed")) target.setAttribute("aria-pressed", String(target.hasAttribute("data-trix-active")));
});
const watch = () => document.querySelectorAll("trix-toolbar.tools").forEach((tools) => pressed.observe(tools, { subtree: true, attributeFilter: ["data-trix-active"] }));
document.addEventListener("trix-initialize", watch);
watch();
