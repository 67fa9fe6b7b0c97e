// Live pieces, forms that are sent once, what is masked again. Keys and commands are in keys.js.
"use strict";
const root = document.documentElement;

// A piece with data-live asks for itself again; a hidden page and a paused stream ask nothing.
const LIVE_MS = 2000;
let isPaused = false, failedAt = 0;
async function renew(piece) {
  if (isPaused || document.hidden) return;
  try {
    const answer = await fetch(piece.dataset.live, { headers: { "X-Live": "1" }, redirect: "error" });
    if (answer.status === 401) { location.href = "/sign-in"; return; }
    if (!answer.ok) throw new Error(String(answer.status));
    waiting = await answer.text();
    if (isInUse(piece)) queue(piece); else renewWith(piece);
    failedAt = 0; tell("");
  } catch {
    failedAt ||= Date.now();
    const stale = document.querySelector("[data-stale]");
    if (stale) tell(stale.dataset.stale.replace("…", Math.round((Date.now() - failedAt) / 1000)));
  }
}
// No row moves under who reads on, holds focus there or points at one: what is new waits behind a line.
const news = document.querySelector("[data-news]");
const SCROLLED_PX = 40;
let waiting = "";
function isInUse(piece) {
  return piece.contains(document.activeElement) || piece.matches(":hover tbody tr:hover") || scrollY > SCROLLED_PX;
}
// By where they lead; of one that stands twice the row of the table.
const linked = (some) => new Map([".stream a", "tr a.row"].flatMap((which) =>
  [...some.querySelectorAll(which)].map((a) => [a.getAttribute("href"), a])));
function queue(piece) {
  const next = document.createElement("div"); next.innerHTML = waiting;
  const before = linked(piece), after = linked(next);
  const count = [...after.keys()].filter((href) => !before.has(href)).length;
  const text = count ? news.dataset.news.replace("#", count) : "";
  if (news.textContent !== text) news.textContent = text;
  news.hidden = count === 0;
  // Sums and the time that is left go on where they stand.
  piece.querySelector(".figs").innerHTML = next.querySelector(".figs").innerHTML;
  for (const [href, link] of before) {
    const [due, left] = [link, after.get(href)].map((a) => a?.closest("tr")?.querySelector('[data-at="due"]'));
    if (due && left) { due.textContent = left.textContent; due.className = left.className; }
  }
}
function renewWith(piece) {
  const chosen = piece.querySelector('[aria-selected="true"] a.row')?.getAttribute("href");
  const focused = piece.contains(document.activeElement) && document.activeElement.getAttribute("href");
  piece.innerHTML = waiting; news.hidden = true; news.textContent = "";
  if (chosen) select(linked(piece).get(chosen)?.closest("tr"));
  if (focused) linked(piece).get(focused)?.focus();
}
function showNews() {
  if (!news || news.hidden) return false;
  const main = document.getElementById("main");
  if (document.activeElement === news) { main.tabIndex = -1; main.focus({ preventScroll: true }); }
  renewWith(live);
  return true;
}
news?.addEventListener("click", showNews);
function tell(text) {
  const stale = document.querySelector("[data-stale]");
  if (stale && stale.textContent !== text) stale.textContent = text;
}
const live = document.querySelector("[data-live]");
if (live) setInterval(() => renew(live), LIVE_MS);
const pauses = document.querySelector("[data-pauses]");
function pause() {
  isPaused = !isPaused; root.toggleAttribute("data-paused", isPaused);
  pauses?.setAttribute("aria-pressed", String(isPaused));
}
if (pauses) { pauses.hidden = false; pauses.addEventListener("click", pause); }

// Clock of the top bar, in the zone of every time on a page. One that the browser does not know stands still.
const clock = document.querySelector("[data-clock]");
function clockIn(timeZone) {
  try { return new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" }); }
  catch { return null; }
}
const shownClock = clock && clockIn(clock.dataset.clock);
if (shownClock) setInterval(() => { clock.textContent = shownClock.format(new Date()); }, 1000);

// The browser's own zone, where the page of zones has it too.
const takesZone = document.querySelector("[data-takes-zone]"), zones = document.querySelector("[data-own-zone]");
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (takesZone && [...zones.options].some((one) => one.value === ownZone)) {
  takesZone.textContent = takesZone.dataset.takesZone.replace("…", ownZone); takesZone.hidden = false;
  takesZone.addEventListener("click", () => { zones.value = ownZone; zones.form.requestSubmit(); });
}

// A form is sent once; its button wakes when what it needs is typed.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
for (const field of document.querySelectorAll("[data-wakes]")) {
  const button = document.getElementById(field.dataset.wakes);
  const look = () => { button.disabled = field.value.trim().length < Number(field.dataset.length || 1); };
  field.addEventListener("input", look); look();
}
document.querySelector("form[data-auto]")?.requestSubmit();

// What is shown in clear is masked again when its time is over, also on a page that slept.
const clear = document.querySelector("[data-clear]");
if (clear) {
  const until = Date.now() + Number(clear.dataset.clear) * 1000;
  const turn = setInterval(() => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    if (seconds > 0) { clear.querySelector("[data-left]").textContent = seconds; return; }
    clearInterval(turn);
    clear.querySelectorAll("[data-shown]").forEach((one) => one.remove());
    clear.querySelectorAll("[data-masked]").forEach((one) => { one.hidden = false; });
  }, 500);
}

// The chosen row of a list.
function select(row) {
  if (!row) return;
  document.querySelectorAll('tr[aria-selected="true"]').forEach((one) => one.removeAttribute("aria-selected"));
  row.setAttribute("aria-selected", "true"); row.scrollIntoView({ block: "nearest" });
}

// A choice of language, theme, density or zone loads the page again: what is typed in it is kept for
// that one load, in this tab alone.
const TYPED = "typed", HERE = location.pathname + location.search;
const typed = () => [...document.querySelectorAll("main :is(input:not([type=hidden]), textarea, select), .find input")]
  .map((field) => [`${field.form?.getAttribute("action")} ${field.name}`, field]);
document.addEventListener("click", (event) => {
  if (!event.target.closest?.('a[href^="/set?"], a[href^="/zone?"]')) return;
  const values = typed().map(([name, field]) => [name, field.value]);
  sessionStorage.setItem(TYPED, JSON.stringify({ at: HERE, top: scrollY, values }));
});
const kept = JSON.parse(sessionStorage.getItem(TYPED) || "null");
if (location.pathname !== "/zone") sessionStorage.removeItem(TYPED);
if (kept?.at === HERE) {
  const values = new Map(kept.values);
  for (const [name, field] of typed()) {
    if (!values.has(name) || field.value === values.get(name)) continue;
    field.value = values.get(name); field.dispatchEvent(new Event("input", { bubbles: true }));
    const folded = field.closest("details"); if (folded) folded.open = true;
  }
  scrollTo(0, kept.top);
}
