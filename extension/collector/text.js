// Addresses in rendered text, also where they are spread over several elements.

/** The text in an element that a person can see, with lines for blocks, and, if asked for, seams where a word goes on in another one. */
function seenTextOf(element, limit, careful = getText.call(element).includes("@")) {
  let text = "";
  let line = null;
  let last = null;
  let between = {};
  const walker = createTreeWalker.call(document, element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && text.length <= limit && !exhausted(); node = walker.nextNode()) {
    if (isElement(node) && tagOf(node) === "BR") [text, between.broken] = [`${text}\n`, true];
    const parent = getParentElement.call(node);
    if (!isText(node) || !parent) continue;
    let data = dataOf(node);
    if (!styleOf(parent).whiteSpace.startsWith("pre")) data = data.replace(/\s+/gu, " ");
    if (!data.trim()) {
      text += data;
      between.spaced = true;
      continue;
    }
    const seen = isTextSeen(node);
    const block = blockOf(node);
    const gap = line && block !== line ? "\n" : "";
    line = block;
    if (seen) {
      const seam = careful && last && (between.broken || getParentElement.call(last) !== parent) ? seamOf(last, node, between) : between.broken || gap ? APART : "";
      if (seam === APART) text += gap || seam;
      else [text, data] = [text.trimEnd() + seam, data.trimStart()];
      text += data;
    }
    // What takes up room unseen is a gap in the line.
    else text += boxesOf(node).some((box) => box.width >= 2) ? `${gap} ` : gap;
    [last, between] = [seen ? node : null, {}];
  }
  return text;
}

/** The pieces of a text without blanks that have an "@" in them. */
function tokens(text) {
  const found = [];
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0 && found.length < 200; at = text.indexOf("@", from)) {
    let first = at;
    let last = at;
    while (first > from && at - first < MAX_VALUE && /\S/u.test(text[first - 1])) first -= 1;
    while (last < text.length && last - first < MAX_VALUE && /\S/u.test(text[last])) last += 1;
    found.push({ value: text.slice(first, last), first, last });
    from = last;
  }
  return found;
}

const blockOf = kept((node) => {
  let block = parentOf(node);
  let parent;
  while (block && styleOf(block).display.startsWith("inline") && (parent = parentOf(block))) block = parent;
  return block;
});

function readText(node) {
  const text = dataOf(node);
  if (!text.includes("@") || text.length > 100_000 || !isTextSeen(node)) return;
  for (const token of tokens(text)) reportText(node, token);
}

/** A piece of text; it is the value of a field if an element of its own beside it is a label for an e-mail address. */
function reportText(node, token) {
  const { whole, begin, prefix, pieces } = wholeOf(node, token);
  const value = whole.replaceAll(JOINT, "");
  const parent = getParentElement.call(node);
  const affixed = isInMainPart(parent) && ((!prefix.trim() && isAffixed(begin, false)) || (!/\S/u.test(dataOf(node).slice(token.last)) && isAffixed(node, true)));
  let doubtful = value !== whole || affixed || isCovered(parent, rectsWithin(node, token.first, token.last));
  // What stands before it in the same piece of text may have been written by anybody, but for other addresses.
  const said = prefix.replace(/\S+@\S+|[,;/|]/gu, "").replace(/^\s*[:：]/u, "").trim();
  // In a sentence it has at most what the whole of it is called.
  const { label, field, box } = said ? { label: asLabel(prefix.trim()) || labelOf(parent).label, field: false } : labelOf(begin);
  doubtful ||= field && isInMainPart(parent) && isShared(node, value);
  show(value, doubtful);
  // A link that shows its own address is one source, not two.
  const link = closest.call(parent, "a[href]");
  const same = link && schemeless(link).toLowerCase().includes(value.toLowerCase().replace(/[.,;:!?)>]+$/u, ""));
  if (field && !isInList(parent) && !closest.call(parent, HEADING)) {
    note(begin, true);
    report("labelled", value, parent, label, doubtful, remarkOn(box, pieces), lineBelow(box));
  } else if (!same) report("text", value, parent, label, doubtful, facts.length < MAX_LABELS ? remarkOn(begin, pieces) : "");
}

/** Whether another address stands on a value's line, such as "(old, now ...)": words between them are for a person to read. */
function isShared(node, value) {
  const block = blockOf(node);
  const short = block && getText.call(block).length <= 300 && !querySelector.call(block, "br");
  const text = (short ? seenTextOf(block, 300) : dataOf(node)).replaceAll(JOINT, "");
  const [own] = addressesIn(value);
  return Boolean(own) && /\S@\S/u.test(text.toLowerCase().replaceAll(own, " "));
}
