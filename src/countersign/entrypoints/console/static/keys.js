// Keys and the command palette, after console.js. Both lead to the form of an act and no further:
// what a person means is confirmed there.
"use strict";
const hasKeys = root.dataset.keys === "on";
const FIELDS = "input, textarea, select";
const LEADS = "a, [data-opens], [data-pauses]"; // What is followed or pressed; all others have a form.

document.querySelectorAll("[data-opens]").forEach((button) => button.addEventListener("click", () => {
  if (button.dataset.opens === "palette") openPalette(); else document.getElementById(button.dataset.opens).showModal();
}));
document.querySelectorAll("[data-closes]").forEach((button) => button.addEventListener("click", () => button.closest("dialog").close()));

// The place where an act is confirmed: the first field of its form, else its button.
function lead(act) {
  if (act.matches(LEADS)) { act.click(); return; }
  const form = act.form || act.parentElement.querySelector("form");
  if (act.matches("summary")) act.parentElement.open = true;
  document.querySelectorAll("[data-aimed]").forEach((other) => other.removeAttribute("data-aimed"));
  act.toggleAttribute("data-aimed", true);
  const field = form.querySelector("select, textarea, input:not([type=hidden])") || act;
  if (act.id && field !== act) field.setAttribute("aria-describedby", act.id);
  field.scrollIntoView({ block: "center" }); field.focus();
}
function leadTo(key) {
  const act = document.querySelector(`[data-key="${key}"]`);
  if (act) lead(act);
  return act !== null;
}

// Rows: a key of another row than the one that the page shows opens it, and leads on from there.
const shown = document.querySelector('tr[aria-selected="true"]');
function rows() { return [...document.querySelectorAll("tbody tr:has(a.row)")]; }
function chosen() { return document.querySelector('tr[aria-selected="true"]:has(a.row)'); }
function move(by) {
  const all = rows(), at = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
  select(all[Math.min(all.length - 1, Math.max(0, at + by))]);
  if (panel && !panel.hidden) peek(chosen(), false);
}
function actBy(key) {
  const row = chosen();
  if (!row || row === shown) return leadTo(key);
  if (!row.closest("table").dataset.keys?.includes(key)) return false;
  const link = row.querySelector("a.row");
  keep(link); location.href = `${link.getAttribute("href")}#key-${key}`;
  return true;
}
if (hasKeys && location.hash.startsWith("#key-")) leadTo(CSS.escape(location.hash.slice(5)));

// The list that the reader came from, of this tab alone: numbers of rows, and where it was.
const pathOf = (href) => new URL(href, location.href).pathname;
function listed() { return JSON.parse(sessionStorage.getItem("list") || '{"rows": []}'); }
function keep(link) {
  const all = rows().map((row) => row.querySelector("a.row").getAttribute("href"));
  const isBeside = all.some((href) => pathOf(href) === location.pathname); // The list stays beside what it opens.
  const from = isBeside ? document.querySelector(".crumbs a")?.getAttribute("href") : location.pathname + location.search;
  if (all.includes(link.getAttribute("href"))) sessionStorage.setItem("list", JSON.stringify({ from, rows: all }));
}
document.addEventListener("click", (event) => { const link = event.target.closest?.("a.row"); if (link) keep(link); });
function step(by) {
  const all = listed().rows, at = all.findIndex((href) => pathOf(href) === location.pathname);
  if (at >= 0 && all[at + by]) location.href = all[at + by];
}
function backOut() {
  if (shut()) return;
  const open = document.querySelector("details.menu[open], #look[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); return; }
  // What was typed and is not sent keeps the page.
  if ([...document.querySelectorAll("main textarea, main input:not([type=hidden])")].some((field) => field.value !== field.defaultValue)) return;
  const list = listed(), isOfIt = list.rows.some((href) => pathOf(href) === location.pathname);
  const back = (isOfIt && list.from) || document.querySelector(".crumbs a")?.getAttribute("href");
  if (back) location.href = back;
}

// At a desk Enter opens a transfer beside its list, Ctrl+Enter as a page, which it is on a phone at
// once. The address says which one is open, so that a way back finds it so.
const panel = document.getElementById("panel"), isWide = matchMedia("(width > 68rem)");
let peeked = 0;
const peeks = (row) => panel && isWide.matches && row?.closest("[data-peeks]");
function note(number) {
  const to = new URL(location.href);
  if (number) to.searchParams.set("open", number); else to.searchParams.delete("open");
  history.replaceState(null, "", to);
}
async function peek(row, isLed) {
  const link = row.querySelector("a.row"), mine = peeked += 1, path = pathOf(link.href);
  let text = "";
  try {
    const answer = await fetch(`${path}/panel`, { redirect: "error" });
    if (answer.ok) text = await answer.text();
  } catch { /* The page itself says what is wrong. */ }
  if (mine !== peeked) return;
  if (!text) { location.href = path; return; }
  select(row); keep(link); note(path.split("/").pop());
  panel.innerHTML = text; panel.hidden = false;
  if (isLed) panel.querySelector("h2").focus();
}
function shut() {
  if (!panel || panel.hidden) return false;
  peeked += 1; panel.hidden = true; panel.replaceChildren(); note("");
  chosen()?.querySelector("a.row").focus();
  return true;
}
panel?.addEventListener("click", (event) => { if (event.target.closest("[data-shuts]")) shut(); });
const opened = panel && new URLSearchParams(location.search).get("open");
if (opened) {
  const row = rows().find((one) => pathOf(one.querySelector("a.row").href) === `/transfers/${opened}`);
  if (peeks(row)) peek(row, false);
}
function enter(event) {
  const isOnRow = event.target.matches?.("a.row"), isFree = event.target === document.body;
  if (!isOnRow && !isFree && !panel?.contains(event.target)) return;
  const row = isOnRow ? event.target.closest("tr") : chosen();
  if (!row || !(peeks(row) || isFree)) return;
  const isPage = event.ctrlKey || event.metaKey || !peeks(row);
  if (!isPage && !isOnRow && !isFree) return; // What stands in the panel is pressed as anywhere.
  event.preventDefault();
  if (isPage) row.querySelector("a.row").click(); else peek(row, true);
}

// Single keys: silent inside fields and dialogs, and where they are switched off (WCAG 2.1.4).
let isGoing = false;
const single = {
  "g": () => { isGoing = true; setTimeout(() => { isGoing = false; }, 1500); return true; },
  "j": () => move(1), "k": () => move(-1), "[": () => step(-1), "]": () => step(1),
  "/": () => { document.querySelector("[data-find]")?.focus(); return true; },
  "?": () => { document.getElementById("help")?.showModal(); return true; },
  "n": () => showNews(),
  " ": (event) => { if (!live || event.target !== document.body) return false; pause(); return true; },
};
function go(key) {
  isGoing = false;
  document.querySelector(`.nav [data-go="${CSS.escape(key)}"]`)?.click();
}
document.addEventListener("keydown", (event) => {
  const isPlain = event.getModifierState("AltGraph") || !(event.ctrlKey || event.metaKey || event.altKey);
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!isPlain && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && key === "k") {
    event.preventDefault(); openPalette(); return;
  }
  if (key === "Enter" && !event.isComposing && !event.altKey && !document.querySelector("dialog[open]")) { enter(event); return; }
  if (!isPlain || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.(FIELDS)) { if (key === "Escape") event.target.blur(); return; }
  if (key === "Escape") { backOut(); return; }
  if (!hasKeys || (event.repeat && !"jk".includes(key))) return;
  if (isGoing) { go(key); return; }
  if (key in single ? single[key](event) : /^[a-z]$/.test(key) && actBy(key)) event.preventDefault();
});

// The command palette: pages and acts out of the page itself, so nothing that it does not offer;
// the rest is asked of the server. One field, and a list of which one is active.
const palette = document.getElementById("palette");
const ask = palette?.querySelector("input"), list = palette?.querySelector("[role=listbox]");
const LOOK_MS = 150;
let waits = 0, asked = 0, isWanted = false;
function openPalette() {
  if (!palette || palette.open) return;
  document.querySelectorAll("dialog[open]").forEach((other) => other.close());
  ask.value = ""; palette.showModal(); offer();
}
function option(text, source, hint, run) {
  const one = document.createElement("li");
  const picture = source.querySelector("svg")?.cloneNode(true) || document.createElement("span");
  const label = document.createElement("span"); label.textContent = text;
  one.setAttribute("role", "option"); one.append(picture, label); one.run = run; one.words = text.toLowerCase();
  if (hint) { const key = document.createElement("kbd"); key.textContent = hint.toUpperCase(); one.append(key); }
  return one;
}
function ownOptions() {
  const acts = [...document.querySelectorAll("[data-act]")].map((one) =>
    [one, option(one.dataset.act, one, hasKeys && one.dataset.key, () => lead(one))]);
  const pages = [...document.querySelectorAll(".nav [data-go]")].map((one) => {
    const words = [...one.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data);
    const page = option(words.join("").trim(), one, hasKeys && `G ${one.dataset.go}`, () => one.click());
    page.words += ` ${one.getAttribute("href")}`; // Found by its address in any language.
    return page;
  });
  const isOfPage = ([one]) => one.closest("main, .crumbs") !== null;
  const [first, last] = [acts.filter(isOfPage), acts.filter((act) => !isOfPage(act))];
  return [...first.map((act) => act[1]), ...pages, ...last.map((act) => act[1])];
}
function offer() {
  const text = ask.value.trim().toLowerCase();
  list.replaceChildren(...ownOptions().filter((one) => one.words.includes(text)));
  clearTimeout(waits); asked += 1; isWanted = false; palette.toggleAttribute("data-waits", text !== "");
  if (text) waits = setTimeout(look, LOOK_MS, asked);
  tellFound();
}
async function look(mine) {
  let found = "";
  try {
    const body = new URLSearchParams({ form_token: palette.dataset.token, text: ask.value });
    const answer = await fetch("/find", { method: "POST", body, redirect: "error" });
    if (answer.status === 401) { location.href = "/sign-in"; return; }
    if (answer.ok) found = await answer.text();
  } catch { /* Pages and acts are there all the same. */ }
  if (mine !== asked) return;
  list.insertAdjacentHTML("beforeend", found); palette.removeAttribute("data-waits");
  tellFound();
  if (isWanted) choose();
}
function options() { return [...list.querySelectorAll("[role=option]")]; }
function active() { return list.querySelector('[aria-selected="true"]'); }
function tellFound() {
  const all = options(), isWaiting = palette.hasAttribute("data-waits");
  all.forEach((one, place) => { one.id = `option-${place}`; });
  aim(active() || all[0]);
  palette.querySelector("[data-none]").hidden = all.length > 0 || isWaiting;
  const count = palette.querySelector("[data-count]");
  if (!isWaiting) count.textContent = count.dataset.count.replace("#", all.length);
}
function aim(one) {
  options().forEach((other) => other.setAttribute("aria-selected", String(other === one)));
  if (one) { ask.setAttribute("aria-activedescendant", one.id); one.scrollIntoView({ block: "nearest" }); }
  else ask.removeAttribute("aria-activedescendant");
}
function choose(one = active()) {
  if (!one) { isWanted = palette.hasAttribute("data-waits"); return; }
  palette.close();
  if (one.run) one.run(); else location.href = one.dataset.href;
}
if (palette) {
  document.querySelectorAll('[data-opens="palette"]').forEach((button) => { button.hidden = false; });
  ask.addEventListener("input", offer);
  ask.addEventListener("keydown", (event) => {
    const all = options(), by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (by && all.length) { aim(all[(all.indexOf(active()) + by + all.length) % all.length]); event.preventDefault(); }
    if (event.key === "Enter") { choose(); event.preventDefault(); }
  });
  list.addEventListener("click", (event) => { const one = event.target.closest("[role=option]"); if (one) choose(one); });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); }); // Beside it.
}
