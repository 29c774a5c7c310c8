// How much is looked at and reported, and what was reported so far.

const MAX_FACTS = 2000;
const MAX_NODES = 200_000;
// Against pages that are slow to read on purpose. On a busy computer the clock runs on while other programs have the
// processor, so a tight bound would miss addresses on ordinary pages.
const MAX_MILLISECONDS = 1500;
const MAX_VALUE = 320;
const MAX_LABEL = 80;
const MAX_JSON = 200_000;

// The page's own pending layout is not counted.
rootElement()?.getClientRects();
const start = now();
const facts = [];
let nodes = 0;
let truncated = false;

/** Whether the bounds are reached. The clock is looked at now and then only. */
function exhausted() {
  nodes += 1;
  truncated ||=
    facts.length >= MAX_FACTS || nodes >= MAX_NODES || ((nodes & 127) === 0 && now() - start > MAX_MILLISECONDS);
  return truncated;
}

/** Addresses that stand in rendered text or fields, and whether all of that is doubtful; facts whose own values are not rendered. */
const shown = new Map();
const unrendered = [];

const ADDRESS = /[^\s<>()[\]"',;:]+@[^\s<>()[\]"',;:]+/gu;

function addressesIn(text) {
  return (text.toLowerCase().match(ADDRESS) ?? []).map((address) => address.replace(/[.!?]+$/u, ""));
}

function show(text, doubtful) {
  for (const address of addressesIn(text)) shown.set(address, doubtful && (shown.get(address) ?? true));
}

/** A value that stands in an attribute or a script: seen only if the same address is also shown. */
function reportUnrendered(kind, value, element, label) {
  const before = facts.length;
  report(kind, value, element, label);
  unrendered.push(...facts.slice(before));
}

function judgeUnrendered() {
  for (const fact of unrendered) {
    const found = addressesIn(fact.value.replace(/^mailto:/i, "").split("?")[0]);
    fact.visible = found.length > 0 && found.every((address) => shown.has(address));
    if (found.some((address) => shown.get(address))) doubt(fact);
  }
}

/** A fact in the page's main part is marked as one that a person may not see as it was read; in others it counts less anyway. */
function doubt(fact) {
  if ([null, "main"].includes(fact.region)) fact.region = "doubtful";
  // What stands in a recipe's place is taken for certain.
  if (fact.kind === "recipe") fact.kind = "labelled";
}

/** Small letters are compared: what folds others than ASCII's takes much room in the core. */
const folded = (text) => text.normalize("NFC").toLowerCase().replaceAll("\u0307", "");

function report(kind, value, element, label = "", doubtful = false, remark = "", below = "") {
  const raw = String(value ?? "").replaceAll(JOINT, "").trim();
  if (!raw || facts.length >= MAX_FACTS) return;
  const under = folded(`${fieldsAround(element)} ${headingAbove(element)}`.trim());
  const field = ["labelled", "input"].includes(kind);
  const within = folded([...(field ? [restOf(label)] : []), ...titlesAround(element), ...otherTitles(element)].filter(Boolean).join(" / "));
  const after = folded(field ? fieldBefore(element) : "");
  const called = folded(label);
  const named = folded(field ? nameBeside(element) : "");
  facts.push({
    kind,
    value: raw.slice(0, MAX_VALUE),
    ...(label && { label: label.slice(0, MAX_LABEL) }),
    ...(/[^\0-\x7f]/.test(called) && { folded: called.slice(0, MAX_LABEL) }),
    ...(under && { under: under.slice(0, MAX_VALUE) }),
    ...(within && { within: within.slice(0, MAX_VALUE) }),
    ...(after && { after: after.slice(0, MAX_LABEL) }),
    ...(named && { named: named.slice(0, MAX_LABEL) }),
    ...(remark && { remark: folded(remark).slice(0, MAX_VALUE) }),
    ...(below && { below: folded(below).slice(0, MAX_VALUE) }),
    region: regionOf(element),
    ...(cutsOf(element).pinned && { over: true }),
    visible: true,
  });
  if (doubtful) doubt(facts.at(-1));
}
