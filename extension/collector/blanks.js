// Fields for an e-mail address that have none: what stands behind such a one may be another person's.

/** Texts that are short enough for a label. */
const SHORT = "descendant::text()[string-length() < 200 and string-length(normalize-space()) > 2]";
/** What may show something without having text, as a value or in one. */
const HOLDER = ":not(a, b, button, code, dd, div, em, i, p, small, span, strong, td)";
/** Likewise beside text. */
const DRAWN = ":not(a, b, button, code, dd, div, em, i, label, p, small, span, strong, sub, sup, svg, svg *, td, u)";
/** What is pressed, and names of columns. */
const PRESSED = "a, button, nav, option, thead, [role=button], [role=tab], [role=menuitem]";
const SEARCHES = "[role=search], search, form:is([action*=search i], [class*=search i], [id*=search i], [class*=filter i], [id*=filter i])";
/** What is said of an address that there is, or how many messages. That there is none would be said by "no", too. */
const STATE = /^([\d.,\s]+|yes|on|verified|confirmed|ja|sí|si|oui|tak|да|نعم|[✓✔])$/i;
const MARK = /^[*!?ⓘ:：]+$/;
const MAX_LABELS = 100;
const MAX_BLANKS = 10;
const getControl = getterOf(HTMLLabelElement, "control");

/** The trees that were read. */
const read = [];
/** What may be proposed: nodes, whether a label is theirs, and whether they are in a table under headings. */
const noted = [];

function note(node, field) {
  const element = isElement(node) ? node : getParentElement.call(node);
  if (noted.length < MAX_LABELS && isInMainPart(element)) noted.push({ node, field, row: field && isInRow(element) });
}

/**
 * Whether what was noted may be another person's: a field without an address stands before the label of one that has an address,
 * or around the frames of the page; or all that there is stands in the only row of a table. Large documents take too long to search.
 */
function isUnsure() {
  const fields = noted.filter(({ field }) => field);
  if (fields.length > 0 && fields.every(({ row }) => row)) return true;
  if (noted.length === 0 && window.length === 0) return false;
  const labels = read.flatMap((tree) => labelsIn(tree)).slice(0, MAX_LABELS);
  const blanks = labels.filter((label) => isBlank(label)).slice(0, MAX_BLANKS);
  if (noted.length === 0) return blanks.length > 0;
  const follows = ({ node, field }, blank) => precedes(blank, node) && (!field || labels.some((own) => precedes(blank, own) && precedes(own, node)));
  return blanks.some((blank) => (fields.length > 0 ? fields : noted).some((address) => follows(address, blank)));
}

function labelsIn(tree) {
  if (exhausted() || tagged(tree, "*").length > 10 * MAX_ASKED) return [];
  const found = [...searched(tree, SHORT)].filter((text) => EMAIL_WORD.test(dataOf(text)) && asLabel(dataOf(text)));
  return found.slice(0, MAX_LABELS).filter((text) => isTextSeen(text) && isInMainPart(getParentElement.call(text)));
}

/** Whether what stands behind a label has no address: it is empty, or says so, or offers to add one. */
function isBlank(text) {
  const parent = getParentElement.call(text);
  if (!EMAIL_FIELD.test(asLabel(dataOf(text))) || closest.call(parent, PRESSED) || styleOf(parent).cursor === "pointer") return false;
  const label = closest.call(parent, "label");
  const control = label instanceof HTMLLabelElement && getControl.call(label);
  if (control) return isBlankInput(control);
  let at = parent;
  let value;
  while (!(value = valueBehind(at)) && asLabel(textOf(at)) === asLabel(dataOf(text))) at = getParentElement.call(at);
  if (!value) return false;
  const input = matches.call(value, "input, textarea") ? value : querySelector.call(value, "input, textarea");
  if (input) return isBlankInput(input);
  const said = textOf(value);
  if (said.includes("@") || said.length >= 60 || STATE.test(said)) return false;
  const holder = said ? DRAWN : HOLDER;
  return !matches.call(value, holder) && !querySelector.call(value, holder);
}

/** The element behind another one, but for marks of what must be filled in and the like. */
function valueBehind(element) {
  let value = getLater.call(element);
  while (value && (MARK.test(textOf(value)) || ["I", "SUP", "svg"].includes(tagOf(value)))) value = getLater.call(value);
  return value;
}

/** Whether a field is for the customer's address, and empty. */
function isBlankInput(input) {
  return ["email", "text"].includes(input.type) && !input.value.includes("@") && isSeen(input) && !closest.call(input, SEARCHES);
}

/** A node with all that it is rendered in, from the document on. */
const lineage = kept((node) => {
  const parent = parentOf(node);
  return parent ? [...lineage(parent), node] : [node];
});

/** Whether one node stands before another one on the page, also in another tree. */
function precedes(one, other) {
  const [earlier, later] = [lineage(one), lineage(other)];
  let depth = 0;
  while (earlier[depth + 1] && later[depth + 1] && earlier[depth] === later[depth]) depth += 1;
  return earlier[depth] !== later[depth] && isBefore(earlier[depth], later[depth]);
}
