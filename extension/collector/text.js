// Addresses in rendered text, also where they are spread over several elements.

/** The text in an element that a person can see, with lines for blocks. */
function seenTextOf(element, limit) {
  let text = "";
  let line = null;
  const walker = Document.prototype.createTreeWalker.call(document, element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && text.length <= limit && !exhausted(); node = walker.nextNode()) {
    if (node.nodeName === "BR") text += "\n";
    if (!(node instanceof Text) || !getParentElement.call(node)) continue;
    const block = blockOf(node);
    if (line && block !== line && node.data.trim()) text += "\n";
    if (node.data.trim()) line = block;
    const data = styleOf(getParentElement.call(node)).whiteSpace.startsWith("pre") ? node.data : node.data.replace(/\s+/gu, " ");
    if (!data.trim() || isTextSeen(node)) text += data;
    // What takes up room unseen is a gap in the line.
    else if ([...boxesOf(node)].some((box) => box.width >= 2)) text += " ";
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

/** Blocks whose text was read as a whole, because an address in them is spread over several elements. */
const joined = new WeakSet();

function blockOf(node) {
  let block = getParentElement.call(node);
  while (block && getParentElement.call(block) && styleOf(block).display.startsWith("inline")) block = getParentElement.call(block);
  return block;
}

function readText(node) {
  const text = node.data;
  if (!text.includes("@") || text.length > 100_000 || !isTextSeen(node)) return;
  for (const { value, first, last } of tokens(text)) {
    const cut = (first === 0 && goesOn(node, "previousSibling")) || (last === text.length && goesOn(node, "nextSibling"));
    if (cut) readBlock(node);
    else reportText(value, node, text.slice(0, first));
  }
}

/** Whether the neighbour in a line continues a piece of text: without a blank, without a gap, and not as its label. */
function goesOn(node, direction) {
  const onward = direction === "nextSibling";
  const inline = (element) => tagOf(element) === "WBR" || styleOf(element).display === "inline";
  const parent = getParentElement.call(node);
  const sibling = node[direction] ?? (inline(parent) ? parent[direction] : null);
  if (!sibling || (isElement(sibling) && !inline(sibling))) return false;
  if (sibling.nodeName === "WBR") return true;
  const text = getText.call(sibling) ?? "";
  if (!(onward ? /^\S/u : /\S$/u).test(text) || (!onward && asLabel(text))) return false;
  // A sentence's mark ends it.
  if (onward && /^[.,;:!?)\]]+(\s|$)/u.test(text)) return false;
  const [one, other] = onward ? [node, sibling] : [sibling, node];
  const [end, begin] = [[...boxesOf(one)].pop(), boxesOf(other)[0]];
  return !end || !begin || end.bottom <= begin.top || begin.left - end.right < 2;
}

function readBlock(node) {
  const block = blockOf(node);
  if (!block || joined.has(block)) return;
  joined.add(block);
  // As a person reads it: what is not seen does not come into it, and blocks and cells stay apart.
  const text = seenTextOf(block, 4000);
  if (text.length > 4000) return;
  for (const { value, first } of tokens(text)) reportText(value, node, text.slice(text.lastIndexOf("\n", first) + 1, first), block);
}

/** A piece of text; it is the value of a field if an element of its own beside it is a label for an e-mail address. */
function reportText(value, node, prefix, labelled = node) {
  show(value);
  const parent = getParentElement.call(node);
  // What stands before it in the same piece of text may have been written by anybody.
  const { label, field } = prefix.trim() ? { label: asLabel(prefix.trim()), field: false } : labelOf(labelled);
  // A link that shows its own address is one source, not two.
  const link = Element.prototype.closest.call(parent, "a[href]");
  const same = link && schemeless(link).toLowerCase().includes(value.toLowerCase().replace(/[.,;:!?)>]+$/u, ""));
  if (field && !isInList(parent)) report("labelled", value, parent, label);
  else if (!same) report("text", value, parent, label);
}
