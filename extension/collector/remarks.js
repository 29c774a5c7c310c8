// What is remarked on an address beside it, such as whose it is.

const MAX_AFTER = 6;
/** What is pressed, chosen or called, and says nothing of the address. */
const NO_REMARK = "a[href], button, label, select, option, script, style, svg, [role=button], [role=tab], [role=menuitem], [role=tooltip]";

/** The words in a node that a person can see there, without addresses, and without the parts of one. */
function remarkIn(node, address) {
  let text = "";
  const walker = createTreeWalker.call(document, node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let part = node, steps = 0; part && steps < 2 * MAX_BESIDE; part = walker.nextNode(), steps += 1) {
    const element = isElement(part) ? part : isText(part) && getParentElement.call(part);
    if (!element || closest.call(element, NO_REMARK) || isPicture(element)) continue;
    if (element === part) text += ` ${putBy(styleBefore(part), part)} ${putBy(styleAfter(part), part)}`;
    else if (LETTER.test(dataOf(part)) && !address.includes(dataOf(part).trim()) && isTextSeen(part)) text += ` ${dataOf(part)}`;
  }
  return text.replace(/\S+@\S+/gu, " ");
}

/** The words that a style sheet puts before or after an element. */
function putBy({ content, fontFamily }, element) {
  if (/^(none|normal)$/.test(content) || PICTURES.test(fontFamily)) return "";
  return Array.from(content.matchAll(/"([^"]*)"|attr\(([\w-]+)/g), ([, words, name]) => words ?? attributeOf(element, name) ?? "").filter((words) => LETTER.test(words)).join(" ");
}

/** What is remarked in a box that has an address, and behind that on its line, up to the next label; `address` is one in several parts. */
function remarkOn(box, address = "") {
  if (!isInMainPart(isElement(box) ? box : getParentElement.call(box))) return "";
  let text = remarkIn(box, address);
  const label = labelElementOf(box);
  const line = lineOf(box);
  let end = line;
  // Beside a cell of a table, other columns stand.
  const alone = isElement(box) && tagOf(box) === "TD" && !(label && tagOf(label) === "TH");
  for (let node = !alone && line && getAfter.call(box), steps = 0; node && steps < MAX_AFTER; node = getAfter.call(node), steps += 1) {
    if (isText(node) ? asLabel(dataOf(node)) : isElement(node) && (tagOf(node) === "BR" || isAlike(node, label) || querySelector.call(node, FIELDS))) break;
    const place = lineOf(node);
    if (!place) continue;
    if (!isOneLine(line, place) || Math.max(place.left - end.right, end.left - place.right) > MAX_GAP) break;
    text += remarkIn(node, address);
    end = place;
  }
  return text.replace(/\s+/gu, " ").trim();
}

/** The element directly before a box, which is its label. */
const labelElementOf = (box) => (isText(box) ? getBefore.call(box) : earlierOf(box));

/** Where a node stands, if it takes up room there. */
function lineOf(node) {
  const box = isText(node) ? boxesOf(node).at(0) : isElement(node) && rectOf(node);
  return box && box.width > 0 ? box : null;
}

/** Whether an element is called as another one is: labels follow each other. */
function isAlike(element, label) {
  return Boolean(label) && isElement(label) && tagOf(element) === tagOf(label) && attributeOf(element, "class") === attributeOf(label, "class");
}
