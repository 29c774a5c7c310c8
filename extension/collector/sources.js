// Addresses in elements: mail links, fields, accessible names, structured data, and what the person has marked.

const TAGGED = ["a", "area", "input", "select", "textarea", "script"];
const ATTRIBUTED = ["[itemprop*='email' i]", "[property*='email' i]", "[aria-label*='@']"];

/** What is worth a look among the elements of a tree. */
function worthwhile(root) {
  if (isSmall(root)) return selected(root, [...ATTRIBUTED, ...TAGGED].join());
  const found = new Set(selectedByAny(root, ATTRIBUTED));
  for (const tag of TAGGED) for (const element of tagged(root, tag)) found.add(element);
  return found;
}

function schemeless(link) {
  const href = (attributeOf(link, "href") ?? "").trim();
  if (!/^mailto:/i.test(href)) return "";
  try {
    return decodeURIComponent(href.slice(7));
  } catch {
    return href.slice(7);
  }
}

function readElement(element) {
  switch (getLocalName.call(element)) {
    case "a":
    case "area":
      if (/^\s*mailto:/i.test(attributeOf(element, "href") ?? "")) readMailto(element);
      break;
    case "input":
    case "select":
    case "textarea":
      readField(element);
      break;
    case "script":
      if (/^application\/ld\+json\b/i.test(element.type)) readJson(element);
      break;
  }
  if (attributeOf(element, "itemprop") !== null || attributeOf(element, "property") !== null) readMicrodata(element);
  const named = attributeOf(element, "aria-label") ?? "";
  if (named.includes("@") && isSeen(element)) {
    for (const { value, first } of tokens(named)) {
      const label = asLabel(named.slice(0, first));
      reportUnrendered(EMAIL_WORD.test(label) ? "labelled" : "text", value, element, label);
    }
  }
}

/** A field for an e-mail address, by its type or label; in other fields an address is no more than text. */
function readField(field) {
  const { type, selectedOptions } = field;
  // What is called so in a drawing has none.
  const value = selectedOptions ? textOf(selectedOptions[0]) : field.value;
  // What the browser has filled in is nothing of the CRM's, and mostly the address of whoever sits there.
  if (matches.call(field, ":autofill")) return;
  if (type === "hidden" || type === "password" || !value?.includes("@") || !isSeen(field) || !isLegible(field)) return;
  const doubtful = isCovered(field);
  show(value, doubtful);
  const label = inputLabel(field);
  const fitting = type !== "search" && (type === "email" || EMAIL_WORD.test(label));
  if (fitting) note(field, true);
  const box = boxOfField(field);
  const remark = remarkOn(box);
  report(fitting ? "input" : "text", value, field, label, doubtful, tagOf(box) === "LABEL" ? EMAIL_LABEL.without(remark) : remark, lineBelow(box));
}

/** Whether an element shows nothing but one of these addresses, or none; most links do, and that is told quickest. */
function showsOnly(element, addresses) {
  const text = getText.call(element);
  if (!text.includes("@")) return true;
  const only = getFirst.call(element);
  return only === getLast.call(element) && isText(only) && addresses.includes(text.trim().toLowerCase());
}

/** A link's address stands for what it says, unless it shows another one: then what is shown counts. */
function readMailto(link) {
  if (!isSeen(link) || !isLegible(link)) return;
  const meant = addressesIn(schemeless(link).split("?")[0]);
  const conflict = !showsOnly(link, meant) && addressesIn(seenTextOf(link, 2000).replaceAll(JOINT, "")).some((address) => !meant.includes(address));
  const send = conflict ? reportUnrendered : report;
  note(link, false);
  const before = facts.length;
  send("mailto", attributeOf(link, "href"), link, labelOf(link).label, isCovered(link), facts.length < MAX_LABELS ? remarkOn(link) : "");
  if (!conflict && getText.call(link).includes("@")) for (const fact of facts.slice(before)) fact.read = true;
}

function readMicrodata(element) {
  const names = `${attributeOf(element, "itemprop") ?? ""} ${attributeOf(element, "property") ?? ""}`;
  if (!/(^|[\s:/])email(\s|$)/i.test(names)) return;
  // Values that are never rendered stand for the item around them.
  const unseen = ["meta", "link"].includes(getLocalName.call(element));
  const place = unseen ? parentOf(element) : element;
  if (!place || !isSeen(place)) return;
  note(place, false);
  const attribute = attributeOf(element, "content") ?? attributeOf(element, "href");
  const item = (attributeOf(closest.call(element, "[itemtype]") ?? element, "itemtype") ?? "").split("/").pop();
  const text = attribute === null ? seenTextOf(element, 2000) : "";
  if (attribute === null) report("microdata", text, element, item, text.includes(JOINT) || isCovered(element), facts.length < MAX_LABELS ? remarkOn(element) : "");
  else reportUnrendered("microdata", attribute, element, item);
}

/** E-mail properties of a JSON-LD block, labelled by the type of the thing that has them. */
function readJson(script) {
  if (script.textContent.length > MAX_JSON) return;
  let json;
  try {
    json = JSON.parse(script.textContent);
  } catch {
    return;
  }
  const visit = (value, type, depth) => {
    if (depth > 12 || typeof value !== "object" || value === null || exhausted()) return;
    const own = [value["@type"] ?? type].flat().join(" ");
    for (const [key, inner] of Object.entries(value)) {
      if (key === "email") for (const email of [inner].flat()) if (typeof email === "string") reportUnrendered("jsonld", email, script, own);
      visit(inner, own, depth + 1);
    }
  };
  visit(json, "", 0);
}

function readSelection() {
  const selection = window.getSelection();
  if (!selection?.rangeCount || selection.isCollapsed) return;
  const text = selection.toString().slice(0, 4000);
  const { commonAncestorContainer: node } = selection.getRangeAt(0);
  const element = isElement(node) ? node : getParentElement.call(node);
  if (!element || !isSeen(element)) return;
  for (const { value } of tokens(text)) report("selection", value, element);
}
