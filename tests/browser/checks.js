// What is wrong with a page for who cannot see it well, cannot point, or has a small screen.
() => {
  const faults = [];
  const seen = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const say = (what, e) => faults.push(`${what}: ${(e?.outerHTML || "").slice(0, 120)}`);
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const named = (e) => {
    const by = (e.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent || "").join("");
    const label = [...(e.labels || [])].map((one) => one.textContent).join("");
    const inside = [...e.querySelectorAll("[aria-label]")].map((one) => one.getAttribute("aria-label")).join("");
    return (e.getAttribute("aria-label") || by || label || e.textContent.trim() || inside || "").trim();
  };
  if (!document.documentElement.lang) say("no language", document.documentElement);
  if (!document.title.trim()) say("no title");
  if (document.querySelectorAll("h1").length !== 1) say(`${document.querySelectorAll("h1").length} h1`);
  if (document.querySelectorAll("main").length !== 1) say("not one main");
  for (const e of all("a, button, input:not([type=hidden]), select, textarea, summary")) if (!named(e)) say("no name", e);
  for (const e of all("svg[role=img], img")) if (!named(e)) say("no words for a picture", e);
  for (const e of all("nav, aside, dialog, table th")) if (e.matches("nav, dialog") && !named(e)) say("no name", e);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids) if (ids.filter((one) => one === id).length > 1) say(`id ${id} twice`);
  for (const e of document.querySelectorAll("label[for]")) if (!document.getElementById(e.htmlFor)) say("a label of nothing", e);
  for (const e of document.querySelectorAll("[tabindex]")) if (e.tabIndex > 0) say("a place in the order of its own", e);
  for (const e of document.querySelectorAll("[style], script:not([src]), [onclick]")) say("inline", e);
  let level = 1;
  for (const e of all("h1, h2, h3, h4")) { const own = Number(e.tagName[1]); if (own > level + 1) say("a level left out", e); level = own; }
  for (const e of document.querySelectorAll("ul, ol")) for (const child of e.children) if (child.tagName !== "LI") say("no item of a list", child);
  for (const e of document.querySelectorAll("dl")) for (const child of e.children) if (!["DT", "DD", "DIV"].includes(child.tagName)) say("no term", child);
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth + 1) say(`sideways by ${document.documentElement.scrollWidth - document.documentElement.clientWidth}`);

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (text) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (e) => { for (let at = e; at; at = at.parentElement) { const found = rgba(getComputedStyle(at).backgroundColor); if (found[3] > 250) return found; } return [255, 255, 255, 255]; };
  for (const e of all("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || e.closest("[disabled], .vh, .skip, svg, option")) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const a = light(rgba(style.color)), b = light(behind(e));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < (size >= 24 ? 3 : 4.5)) say(`contrast ${contrast.toFixed(2)}`, e);
  }
  return faults;
}
