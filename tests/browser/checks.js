// What axe-core does not look at: one h1, nothing inline, nothing that needs sideways scrolling.
() => {
  const faults = [];
  const say = (what, e) => faults.push(`${what}: ${(e?.outerHTML || "").slice(0, 120)}`);
  const root = document.documentElement;
  if (document.querySelectorAll("h1").length !== 1) say(`${document.querySelectorAll("h1").length} h1`);
  for (const e of document.querySelectorAll("[style], script:not([src]), [onclick]")) say("inline", e);
  if (root.scrollWidth > root.clientWidth + 1) say(`sideways by ${root.scrollWidth - root.clientWidth}`);
  return faults;
}
