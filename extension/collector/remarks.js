// What is remarked on an address in its field, such as whose it is.

/** The most nodes that are looked at in one element. */
const MAX_REMARKED = 200;
/** Pixels of a field: what is higher is another part of the page. */
const MAX_HEIGHT = 160;
/** Stands for what is not read any more: it is not known for a harmless word. */
const UNREAD = "unread";
const UNSHOWN = "option, script, style, template, noscript";
const SIGN = lettered(String.raw`[\p{L}\p{N}]`);
/** An address, with nothing that may be joined to it. */
const WHOLE = /[^\s<>()[\]"'\\,;:«»“”„‘’‹›、。，；：（）【】《》·•|]+@[^\s<>()[\]"'\\,;:«»“”„‘’‹›、。，；：（）【】《》·•|]+/gu;
/** The label of what follows, at the end of a text. */
const LABEL_END = /[^\s:：]{1,40}\s?[:：]$/u;

/** A node, and all that is rendered in it. */
function* renderedIn(node) {
  if (isElement(node) && matches.call(node, UNSHOWN)) return;
  yield node;
  if (!isElement(node)) return;
  for (let child = outerChild(node, true); child; child = siblingOf(child, true)) yield* renderedIn(child);
}

/** The words in a node that a person can see there, without addresses; `pieces` are those of one that stands in several texts. */
function remarkIn(node, pieces) {
  let text = "";
  let steps = 0;
  for (const part of renderedIn(node)) {
    if ((steps += 1) > MAX_REMARKED || text.length > MAX_VALUE || exhausted()) return `${UNREAD} ${text}`;
    if (isElement(part)) text += putBeside(part) + (part.selectedOptions?.[0] ? ` ${textOf(part.selectedOptions[0])}` : "");
    else if (isText(part) && LETTER.test(dataOf(part)) && showsLetters(part)) {
      const data = dataOf(part).slice(0, 100 * MAX_VALUE).replace(/\s+/gu, " ").slice(0, 2 * MAX_VALUE);
      text += ` ${data.replace(pieces.get(part) ?? "", " ").replace(WHOLE, " ")}`;
    }
  }
  return text;
}

/** Whether a text, also one directly in a shadow tree, shows letters. */
function showsLetters(text) {
  if (isPicture(parentOf(text))) return false;
  return getParentElement.call(text) ? isTextSeen(text) : isSeen(parentOf(text), boxesOf(text));
}

/** The words that a style sheet puts before and after what is in an element. */
function putBeside(element) {
  const words = [styleBefore(element), styleAfter(element)].map(({ content, fontFamily }) => {
    if (/^(none|normal)$/.test(content) || isPictureFont(fontFamily)) return "";
    return Array.from(content.matchAll(/"([^"]*)"|attr\(([\w-]+)/g), ([, said, name]) => said ?? attributeOf(element, name) ?? "").join(" ");
  });
  const said = words.join(" ").trim();
  return LETTER.test(said) && isSeen(element) ? ` ${said}` : "";
}

/** What is remarked on an address: in its box, and beside that in its field, up to the labels of others. */
function remarkOn(box, pieces = new Map()) {
  if (!isInPlace(box)) return "";
  const before = partsBeside(box, false);
  const place = before.findIndex((part) => EMAIL_WORD.test(asLabel(textOf(part), true)));
  const label = before[Math.max(place, 0)];
  const between = place < 0 ? beforeField(box, before) : before.slice(0, place);
  const parts = [...(place < 0 ? [] : partBefore(label)), ...between.toReversed(), box, ...partsBehind(box, label)];
  const outer = parentOf(box);
  const said = [...parts.map((part) => (part !== box && isText(part) ? remarkIn(part, pieces).trim().replace(LABEL_END, "") : remarkIn(part, pieces))), outer ? putBeside(outer) : ""];
  const text = said.join(" ").replace(/\s+/gu, " ").trim();
  return text.length > MAX_VALUE ? `${UNREAD} ${text}` : text;
}

/** What stands on the line before a form field that has no label beside it. */
function beforeField(box, before) {
  const line = isElement(box) && matches.call(box, `label, ${FIELDS}`) && lineOf(box);
  const end = before.findIndex((part) => !line || !lineOf(part) || !isOneLine(line, lineOf(part)) || (isElement(part) && (matches.call(part, "label") || querySelector.call(part, FIELDS))));
  return end < 0 ? before : before.slice(0, end);
}

/** Whether something stands where customers' addresses are proposed from, if they show the whole name. */
function isInPlace(node) {
  const element = node && (isElement(node) ? node : parentOf(node));
  return Boolean(element) && [null, "main", "aside"].includes(regionOf(element));
}

/** What the line below a field says that has no label of its own. It may be about anything else. */
function lineBelow(box) {
  if (!isInPlace(box)) return "";
  let broken = false;
  for (let at = box, steps = 0; steps < MAX_ROWS && (at = siblingOf(at, true)); steps += 1) {
    if (isElement(at) && tagOf(at) === "BR") broken = true;
    else if (broken && isText(at) && LETTER.test(dataOf(at))) return dataOf(at).trim().slice(0, MAX_LABEL);
    else if (broken && isElement(at)) return matches.call(at, `b, strong, label, ${HEADING}`) ? "" : remarkBelow(at);
  }
  const cell = isElement(box) && closest.call(box, "td, li");
  let row = cell && tagOf(cell) === "TD" ? parentOf(cell) : cell || parentOf(box);
  for (let depth = 0; row && depth < 2 && isOneField(row); row = parentOf(row), depth += 1) {
    const next = getLater.call(row);
    // One cell over all columns is the title of the rows below it.
    if (next) return tagOf(next) === "TR" && getLater.call(next) && next.cells.length === 1 ? "" : remarkBelow(next);
  }
  return "";
}

/** Whether an element has one field at most. */
const isOneField = (element) => element !== bodyElement() && textOf(element).length < 100 && queryAll.call(element, FIELDS).length < 2;

/** What an element says, if that may be a remark: a short text, and no field with its label. */
function remarkBelow(element) {
  const label = getFirstElement.call(element);
  const labelled = label && getLater.call(label) && LETTER.test(textOf(label));
  const text = textOf(element);
  return labelled || queryAll.call(element, "*").length > 3 || matches.call(element, HEADING) || text.length > 150 || text.includes("@") || !isSeen(element) ? "" : text;
}

/** What stands on one side of a node in the same element and says something, up to the end of the line; cells also if they are empty. */
function partsBeside(node, onward) {
  const parts = [];
  let at = node;
  for (let steps = 0; steps < MAX_ROWS && (at = siblingOf(at, onward)); steps += 1) {
    const element = isElement(at);
    if (element && (tagOf(at) === "BR" || rectOf(at).height > MAX_HEIGHT)) break;
    if ((element && /^T[DH]$/.test(tagOf(at))) || ((element || isText(at)) && saysSomething(at))) parts.push(at);
  }
  return parts;
}

/** Whether an element has letters, of its own or by its style. */
const saysSomething = kept((node) => (isText(node) ? SIGN.test(dataOf(node)) : !matches.call(node, UNSHOWN) && !isPicture(node) && (SIGN.test(textOf(contentOf(node))) || putBeside(node) !== "")));

/** What stands before a label on its line, if it is no field with its label. */
function partBefore(label) {
  const earlier = isElement(label) && earlierOf(label);
  if (earlier && (matches.call(earlier, FIELDS) || querySelector.call(earlier, FIELDS))) return [];
  const line = lineOf(label);
  const parts = partsBeside(label, false).filter((part) => line && lineOf(part) && isOneLine(line, lineOf(part)));
  return parts.length % 2 === 1 ? [parts[0]] : [];
}

/** What stands behind the box of an address, up to the label of another field. */
function partsBehind(box, label) {
  const parts = partsBeside(box, true);
  if (isElement(box) && tagOf(box) === "TD") {
    // Other columns, or other fields with their labels.
    const headed = Boolean(label) && isElement(label) && tagOf(label) === "TH";
    if ((!headed && parts.filter((cell) => !isPressed(cell)).length % 2 === 0) || columnsOf(box)) return [];
  }
  const end = parts.findIndex((part) => (isText(part) ? false : isOtherField(part, label, box)));
  const own = end < 0 ? parts : parts.slice(0, end);
  const colon = own.findIndex((part) => isText(part) && LABEL_END.test(dataOf(part).trim()));
  return colon < 0 ? own : own.slice(0, colon + 1);
}

/** Whether an element has nothing but what is pressed. */
function isPressed(element) {
  const pressed = matches.call(element, PRESSED) ? element : querySelector.call(element, PRESSED);
  return Boolean(pressed) && textOf(pressed) === textOf(element);
}

/** Whether an element behind an address is the label of another field, or has one in it. */
function isOtherField(part, label, box) {
  const text = textOf(part);
  const next = getLater.call(part);
  const followed = next && !isPressed(next) && !isPicture(next);
  if (matches.call(part, `dt, th, ${HEADING}`) || querySelector.call(part, FIELDS) || text.length > 150 || EMAIL_FIELD.test(text)) return true;
  if (followed && label && isElement(label) && tagOf(part) === tagOf(label) && calledAs(part) === calledAs(label)) return true;
  const line = lineOf(box);
  const place = lineOf(part);
  return isRow(part) && Boolean(line && place) && !isOneLine(line, place);
}

const calledAs = (element) => (attributeOf(element, "class") ?? "").trim().split(/\s/)[0];

/** Where the text of a node stands, or a form field. */
function lineOf(node) {
  const box = isText(node) ? boxesOf(node).at(-1) : matches.call(node, FIELDS) ? rectOf(node) : boxOfText(node);
  return box && box.width > 0 ? box : null;
}

/** The box of a form field: what stands beside its label, or the label around it. */
function boxOfField(field) {
  const label = field.labels?.[0];
  if (!label || contains.call(label, field)) return label ?? field;
  let box = field;
  for (let outer = parentOf(box), depth = 0; outer && depth < 4 && !contains.call(outer, label); outer = parentOf(box), depth += 1) box = outer;
  return box;
}
