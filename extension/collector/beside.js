// What stands beside a piece of text, and whether it belongs to it. A part of an address is an address, too, but
// somebody else's.

/** Stands where parts are joined of which a person would say that they belong together, but not for certain. */
const JOINT = "\uFFFF";
/** Ends a line that may go on in the next one. */
const MAYBE = `\n${JOINT}`;
/** Stands between parts that touch and stand the other way round: what has it in it is no address. */
const TORN = "\u2060";
const APART = " ";
const MAX_BESIDE = 24;
/** Fonts whose letters are pictures. */
const PICTURES = /icon|symbol|awesome|glyph|dings/i;

/** The sibling as it is rendered. */
function siblingOf(node, onward) {
  const slot = slotOf(node);
  if (!slot) return (onward ? getAfter : getBefore).call(node);
  const nodes = assignedTo.call(slot);
  return nodes[nodes.indexOf(node) + (onward ? 1 : -1)];
}

/** The first or last child as it is rendered. */
function outerChild(element, first) {
  const tag = tagOf(element);
  const assigned = /^slot$/i.test(tag) && element instanceof HTMLSlotElement ? assignedTo.call(element) : [];
  if (assigned.length > 0) return assigned.at(first ? 0 : -1);
  const inside = tag.includes("-") ? (shadowOf(element) ?? element) : element;
  return (first ? getFirst : getLast).call(inside);
}

/**
 * The text before or after a text in its cell, with what is between them; later, the one beyond that. Where it is looked for
 * further is kept in `walk`.
 */
function textBeside(walk, onward) {
  let { at } = walk;
  for (; walk.steps < MAX_BESIDE; walk.steps += 1) {
    const next = siblingOf(at, onward);
    if (!next) {
      at = parentOf(at);
      if (!at || at === bodyElement() || styleOf(at).display === "table-cell") return null;
      continue;
    }
    at = next;
    while (isElement(at)) {
      walk.broken ||= tagOf(at) === "BR";
      const child = styleOf(at).display !== "none" && outerChild(at, onward);
      if (!child) break;
      at = child;
    }
    if (!isText(at)) continue;
    if (dataOf(at).trim()) {
      walk.at = at;
      walk.steps += 1;
      return at;
    }
    walk.spaced = true;
  }
  return null;
}

/** The piece without blanks at the end or start of a text, with the box at that end. */
function pieceAt(node, end) {
  const data = dataOf(node);
  const [piece] = (end ? /\S+\s*$/u : /^\s*\S+/u).exec(end ? data.slice(-MAX_VALUE) : data.slice(0, MAX_VALUE)) ?? [""];
  const word = piece.trim();
  const from = end ? data.length - piece.length : piece.length - word.length;
  const boxes = rectsWithin(node, from, from + word.length).filter(({ width }) => width > 0);
  return { word, boxes, box: boxes.at(end ? -1 : 0), whole: !(end ? data.slice(0, from) : data.slice(from + word.length)).trim() };
}

const startOf = kept((node) => pieceAt(node, false));
const endOf = kept((node) => pieceAt(node, true));

function isOneLine(one, other) {
  return Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > Math.min(one.height, other.height) / 2;
}

/** Whether one box ends where the other begins. */
function touches(one, other, most = 2) {
  const gap = other.left - one.right;
  return gap > -4 && gap < most;
}

/** Whether texts are what a search has marked: such marks often have margins. */
function isMarked(...nodes) {
  return nodes.some((node) => tagOf(parentOf(node)) === "MARK");
}

/**
 * What belongs between two texts of which one comes before the other: nothing, or one of the constants above. `broken`
 * says that a line ends there, and `spaced` that there is a blank.
 */
function seamOf(one, other, { broken, spaced }) {
  const end = endOf(one);
  const start = startOf(other);
  if (!end.box || !start.box) return APART;
  const flows = blockOf(one) === blockOf(other);
  if (isOneLine(end.box, start.box)) {
    if (asLabel(dataOf(one)) || asLabel(dataOf(other)) || isPicture(parentOf(one)) || isPicture(parentOf(other))) return APART;
    // A footnote's mark is none of its letters.
    const raised = parentOf(other);
    if (isFootnote(raised)) return APART;
    // A sentence's mark ends it.
    if (touches(end.box, start.box, isMarked(one, other) && !spaced ? 6 : 2)) return /^[.,;:!?)\]]+(\s|$)/u.test(dataOf(other)) ? APART : flows ? "" : JOINT;
    return touches(endOf(other).box, startOf(one).boxes[0]) ? TORN : APART;
  }
  if (flows && !broken) return spaced || /\s$/u.test(dataOf(one)) || /^\s/u.test(dataOf(other)) || asLabel(dataOf(one)) ? APART : "";
  const near = start.box.top - end.box.bottom < end.box.height && start.box.bottom > end.box.top;
  if (near && isCarved(end, start)) return JOINT;
  return flows && near && mayBeCarved(end, start) ? MAYBE : APART;
}

/** Whether an element is the mark of a footnote, behind which nothing stands. */
function isFootnote(element) {
  const next = siblingOf(element, true);
  const last = !next || (isText(next) && !dataOf(next).trim() && !siblingOf(next, true));
  return tagOf(element) === "SUP" && /^[\d*†‡]+$/.test(getText.call(element)) && last;
}

function isPicture(element) {
  return isPictureFont(styleOf(element).fontFamily);
}

/** Whether a font has pictures for letters. Those behind the first one stand in for what that does not have: "Segoe UI Symbol". */
function isPictureFont(fontFamily) {
  return PICTURES.test(fontFamily.split(",")[0]);
}

const GOES_ON = lettered(String.raw`^[._-][\p{L}\p{N}]`);
const SMALL = lettered(String.raw`^[\p{Ll}\p{N}]`);
const SENTENCE = lettered(String.raw`^[\p{Lu}][\p{Ll}]+\.$`);
const DOMAIN_PART = lettered(String.raw`^[\p{Ll}\p{N}][\w.-]*$`);
const WORD_END = lettered(String.raw`[\p{L}\p{N}]$`);
const ADDRESS_PART = lettered(String.raw`^[@._][\p{L}\p{N}]`);
const LEFT_OPEN = lettered(String.raw`[\p{L}\p{N}][@_+-]$`);
const WORD_DOT = lettered(String.raw`[\p{L}][^\s:]*\.$`);
const NAME = lettered(String.raw`^[\p{L}]+\d*([._][\p{L}]+\d*)+$`);

/** Whether an address was cut at the end of a line. Lists of addresses, numbers and sentences end there, too. */
function isCarved({ word: end, whole: alone }, { word: start, whole }) {
  if (end.includes("@")) {
    if (start.includes("@")) return false;
    return /[@_+-]$/.test(end) || GOES_ON.test(start) || (end.endsWith(".") && whole && DOMAIN_PART.test(start));
  }
  if (WORD_END.test(end)) return ADDRESS_PART.test(start);
  return LEFT_OPEN.test(end) || (alone && WORD_DOT.test(end) && !isSentence(end, start));
}

/** Whether a word with a capital ends a sentence, and does not begin an address: what goes on there has a capital, too. */
function isSentence(end, start) {
  return SENTENCE.test(end) && SMALL.test(start);
}

/** Whether what stands alone on a line may be the start of an address, and is none of its own parts. */
function mayBeCarved({ word: end, whole }, { word: start }) {
  return whole && start.includes("@") && (NAME.test(end) || SENTENCE.test(end)) && !/^www\./i.test(end) && !start.toLowerCase().includes(end.toLowerCase());
}

/** The text that a text continues on one side, with what is between them. */
function continuationOf(node, onward) {
  const walk = { at: node, steps: 0, broken: false, spaced: false };
  for (let text; (text = textBeside(walk, onward)); ) {
    const seam = onward ? seamOf(node, text, walk) : seamOf(text, node, walk);
    const seen = seam === TORN || isTextSeen(text);
    if (seam !== APART) {
      // What takes up room unseen is a gap in the line.
      if (!seen) return null;
      return { text, seam: rootOf(text) === rootOf(node) ? seam : TORN };
    }
    if (seen) return null;
  }
  return null;
}

/** A piece of a text with all that it goes on in, the text in which it begins, and its parts by the texts that have them. */
function wholeOf(node, { value, first, last }) {
  let whole = value;
  let begin = node;
  let prefix = dataOf(node).slice(0, first);
  const pieces = new Map();
  for (const onward of [false, true]) {
    let at = node;
    let open = !(onward ? dataOf(node).slice(last) : prefix).trim();
    for (let steps = 0; open && steps < MAX_BESIDE; steps += 1) {
      const next = continuationOf(at, onward);
      if (!next) break;
      if (next.seam === MAYBE) {
        whole += JOINT;
        break;
      }
      at = next.text;
      const piece = (onward ? startOf : endOf)(at);
      pieces.set(at, piece.word);
      whole = onward ? whole + next.seam + piece.word : piece.word + next.seam + whole;
      open = piece.whole;
      if (!onward) [begin, prefix] = [at, open ? "" : dataOf(at).slice(0, dataOf(at).lastIndexOf(piece.word))];
    }
  }
  if (pieces.size > 0) pieces.set(node, value);
  return { whole, begin, prefix, pieces };
}

// What style sheets put before or after an element has no boxes that can be asked for.

const PUT_BEFORE = lettered(String.raw`[\p{L}\p{N}._%+@-]"$|(attr|counters?)\(.*\)$`);
const PUT_AFTER = lettered(String.raw`^"([\p{L}\p{N}_%+@-]|\.[\p{L}\p{N}])|^(attr|counter)`);
const [putBefore, putAfter] = [
  [styleBefore, PUT_BEFORE, "Right"],
  [styleAfter, PUT_AFTER, "Left"],
].map(([styleOfPseudo, letters, side]) =>
  kept((element) => {
    const style = styleOfPseudo(element);
    // What most elements have.
    if (/^(none|normal)$/.test(style.content)) return false;
    const content = style.content.replace(/ \/ .*$/, "");
    if (!letters.test(content) || isPictureFont(style.fontFamily)) return false;
    const inLine = style.display.startsWith("inline") || /flex|grid/.test(styleOf(element).display);
    return inLine && parseFloat(style[`margin${side}`]) + parseFloat(style[`padding${side}`]) < 2;
  }),
);

/** Whether a style sheet puts letters directly before or after a text. */
function isAffixed(node, onward) {
  const [inner, outer] = onward ? [putAfter, putBefore] : [putBefore, putAfter];
  const block = blockOf(node);
  for (let at = node, steps = 0; at && at !== block && steps < MAX_BESIDE; steps += 1) {
    const next = siblingOf(at, onward);
    at = next ?? getParentElement.call(at);
    if (!next && at && inner(at)) return true;
    if (next && isElement(next) && (outer(next) || (inner(next) && !getText.call(next).trim()))) return true;
    if (next && getText.call(next).trim()) return false;
  }
  return false;
}
