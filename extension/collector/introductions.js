// How a page introduces those whom it names: the payer need not be the customer. Whatever is said of a name that cannot be read is
// reported as something that is said.

const MAX_LINE = 300;

/** The label of the field that a name stands in, and what else is said of it: on its line, to assistive programs, and by its sections. */
function introductionOf(node, name, half) {
  const parent = getParentElement.call(node);
  const label = half ? "" : labelOfName(node, name);
  const said = [...headingsAbove(parent).map(({ title }) => title), ...titlesAround(parent)];
  if (!half) said.push(lineAround(node, name), ...namesFor(parent));
  if (!half && !label) said.push(...neighboursOf(node).filter((text) => !isInitials(text, name)));
  // A title may have it in another order.
  const words = new Set(wordsOf(name));
  const around = said.map((text) => wordsOf(folded(text ?? "")).filter((word) => !words.has(word)).join(" "));
  return { label: folded(label), around: around.filter(Boolean).join(" / ") };
}

/**
 * What by its look may be a label and is none for a name: the heading of the page, the bar above it, a row of several things above more
 * than the name, and somebody's initials.
 */
function labelOfName(node, name) {
  const parent = getParentElement.call(node);
  const { label, box, own, head } = labelOf(outermostOf(node));
  if (head) return head;
  const above = !own && isInMainPart(parent) && box && isElement(box) && earlierOf(box);
  const isWide = above && textOf(box).length > name.length + MAX_LABEL;
  const isBar = above && (isBarOfPage(above) || (isWide && !innermost(above)));
  const isLabel = LETTER.test(label) && !isInitials(label, name) && !isBar && folded(label) !== folded((nameOfPage() ?? "").trim());
  return isLabel ? label : headOfColumn(parent);
}

function isInitials(text, name) {
  const initials = wordsOf(name).map(([first]) => first);
  return text.length < 3 && initials.join("").includes(folded(text));
}

/** The outermost element that shows what a text says and nothing else, if it is not the text itself. */
function outermostOf(node) {
  let at = node;
  for (let outer; isOnly(at) && (outer = parentOf(at)) && outer !== bodyElement(); ) at = outer;
  return at;
}

/** Whether nothing stands beside a text or element. */
function isOnly(node) {
  const isBlank = (other) => !other || (isText(other) && !dataOf(other).trim());
  return isBlank(getBefore.call(node)) && isBlank(getAfter.call(node)) && !(isElement(node) && (earlierOf(node) || getLater.call(node)));
}

/** What leads to something else, or begins it. */
const LEADS = `${HEADING}, a, button, li, input, select, [role=tab]`;

/** What stands before and behind the block of a name that has no label: a role may have a block of its own. */
function neighboursOf(node) {
  let at = blockOf(node);
  for (let outer; isAlone(at) && (outer = parentOf(at)) && outer !== bodyElement(); ) at = outer;
  const texts = [earlierOf(at), getLater.call(at)].map((other) => (other && !isPicture(other) && !matches.call(other, `${LEADS}, ${LISTS}`) && !querySelector.call(other, LEADS) ? textOf(other) : ""));
  return texts.filter((text) => text.length <= MAX_LABEL && !/[:：]\s*\S|@/u.test(text));
}

/** Whether nothing with a text stands beside an element. */
const isAlone = (element) => ![earlierOf(element), getLater.call(element)].some((other) => LETTER.test(textOf(other)));

const CELLS = "td, th, [role=cell], [role=gridcell], [role=columnheader]";

/** What stands in the first row of a table over a cell of another row. In a table of labels and values that is no heading. */
function headOfColumn(element) {
  const { row, first } = rowsAround(element);
  if (!first || first === row) return "";
  let cell = closest.call(element, CELLS);
  let head = getFirstElement.call(first);
  while (head && (cell = earlierOf(cell))) head = getLater.call(head);
  return textOf(head);
}

/** Whether an element is in the first row of a table of more than labels and values. */
function isInHead(element) {
  const { row, first } = rowsAround(element);
  return Boolean(first) && first === row;
}

/** The row of an element's cell, and the first one of its table, if that has more than two columns. */
function rowsAround(element) {
  const cell = closest.call(element, CELLS);
  const row = cell && getParentElement.call(cell);
  const rows = row && getParentElement.call(row);
  const first = rows && getFirstElement.call(rows);
  const third = first && [1, 2].reduce((part) => part && getLater.call(part), getFirstElement.call(first));
  return third ? { row, first } : {};
}

/** The rest of the line that a name stands in, but for what can be pressed behind it, and the lines beside that, unless they are fields. */
function lineAround(node, name) {
  const block = blockOf(node);
  if (getText.call(block).length > MAX_LINE) return UNREAD;
  const lines = folded(seenTextOf(block, MAX_LINE, false)).split("\n").filter((line) => LETTER.test(line));
  const own = lines.findIndex((line) => line.includes(name));
  const said = own < 0 ? lines : lines.filter((line, index) => index === own || (Math.abs(index - own) === 1 && !/[:：]\s*\S|@/u.test(line)));
  let text = said.join(" ").replace(name, " ");
  for (const link of queryAll.call(block, "a, button")) {
    if (precedes(node, link) && !contains.call(link, node)) text = text.replace(folded(textOf(link)), " ");
  }
  return text;
}

/** What an element, or the one around it, is called where that is not shown in a place of its own. */
function namesFor(element) {
  const outer = getParentElement.call(element);
  return [element, outer].filter(Boolean).flatMap((each) => [byIds(each, "aria-labelledby"), ...["aria-label", "data-label", "title"].map((name) => attributeOf(each, name))]);
}
