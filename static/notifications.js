// The settings of notifications: asking the browser, which only happens here and only when one presses a button or ticks a box.
const card = document.querySelector("[data-push]");
const say = (name) => { card.querySelector("[role=status]").textContent = name ? card.dataset[name] : ""; };
const canPush = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const allowed = async () => "Notification" in window && (await Notification.requestPermission()) === "granted";
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

const subscribe = async (form) => {
  if (!(await allowed())) return say("blocked");
  await navigator.serviceWorker.register("/sw.js");
  const worker = await navigator.serviceWorker.ready;
  const key = bytes(form.dataset.key);
  const before = await worker.pushManager.getSubscription();
  if (before && !same(before.options.applicationServerKey, key)) await before.unsubscribe();
  const { endpoint, keys } = (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
  Object.assign(form.elements.endpoint, { value: endpoint });
  Object.assign(form.elements.p256dh, { value: keys.p256dh });
  Object.assign(form.elements.auth, { value: keys.auth });
  form.submit();
};
const same = (octets, key) => octets && String(new Uint8Array(octets)) === String(key);

const form = card?.querySelector("[data-subscribe]");
if (card) {
  card.querySelector("[data-no-push]").hidden = canPush;
  if (form) form.hidden = !canPush;
  if (canPush && Notification.permission === "denied") say("blocked");
}
form?.querySelector("button").addEventListener("click", async (event) => {
  event.preventDefault();
  say("");
  try { await subscribe(form); } catch { say("failed"); }
});

// Whoever removes this browser takes its subscription away here too.
document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-unsubscribe]") || !canPush) return;
  const worker = await navigator.serviceWorker.getRegistration("/");
  await (await worker?.pushManager.getSubscription())?.unsubscribe();
});

// An open tab may only tell what the browser allows.
for (const box of document.querySelectorAll("[data-desktop]")) {
  box.addEventListener("change", async () => {
    if (box.checked && !(await allowed())) { box.checked = false; say("blocked"); }
  });
}
const quiet = document.querySelector("[data-quiet]");
const hours = () => { for (const one of document.querySelectorAll("[data-of-quiet]")) one.hidden = !quiet.checked; };
quiet?.addEventListener("change", hours);
if (quiet) hours();
