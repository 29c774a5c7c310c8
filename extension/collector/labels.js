// What a value is called beside it.

/** Words for an e-mail address at the start of a label, in the languages that CRMs are used in. */
const EMAIL_WORD = lettered(
  String.raw`^[^\p{L}–—-]*((client|contact|customer|home|login|main|personal|primary|private|user|work)(['’]?s)? |adress?e? |endereço de |indirizzo |direcci[oó]n de )?(e-?\s?mail|mail|correo|correio|courriel|mél|posta elettronica|e-?posta|e-?past|el\.? ?pašt|sähköposti|(электронная |эл\.? ?)?почта|имейл|(ел\.? ?)?пошта|ηλεκτρονικό ταχ|ईमेल|อีเมล|電?子?メール|电子邮|電子郵|邮箱|電郵|信箱|이메일|전자 ?우편|البريد|بريد|דוא|אימייל|thư điện tử|surel)`,
  "i",
);

function textOf(element) {
  return (element ? getText.call(element) ?? "" : "").replace(/\s+/gu, " ").trim().slice(0, 200);
}

function asLabel(text, always = false) {
  const label = text.replace(/[\s:：*]+$/u, "").trim();
  if (!label || label.length > MAX_LABEL || label.includes("@")) return "";
  return always || EMAIL_WORD.test(label) || /[:：]\s*\*?\s*$/u.test(text) ? label : "";
}

function byIds(element, attribute) {
  const ids = (attributeOf(element, attribute) ?? "").split(/\s+/).filter(Boolean).slice(0, 4);
  const root = rootOf(element);
  const { getElementById } = root === document ? Document.prototype : DocumentFragment.prototype;
  return ids.map((id) => (root instanceof DocumentFragment || root === document ? textOf(getElementById.call(root, id)) : "")).join(" ").trim();
}

/**
 * What stands before an element or text on its line; `apart` says that it is an element of its own. Other addresses between
 * are passed over: the label is that of all.
 */
function before(node) {
  let text = "";
  let earlier = node;
  for (let steps = 0; steps < 6 && (earlier = getBefore.call(earlier)); steps += 1) {
    const element = isElement(earlier);
    if (element && tagOf(earlier) === "BR") break;
    // An icon's name is no label.
    if (element && isPicture(earlier)) continue;
    const apart = element && /^[\s:：,;/|]*$/u.test(text);
    const more = apart ? textOf(earlier) : getText.call(earlier);
    if (apart && /^\S+@\S+$/u.test(more)) continue;
    text = more + text;
    if (apart && text.trim()) return isCaption(earlier, node) ? { text: "", apart: false } : { text: text.trim(), apart };
    if (text.length > 200) break;
  }
  return { text: text.replace(/\s+/gu, " ").trim(), apart: false };
}

/** Whether what stands between an address and something else is below the address rather than beside or above the other. */
function isCaption(between, node) {
  const value = earlierOf(between);
  if (!value || !getText.call(value).includes("@")) return false;
  const { top, bottom } = rectOf(between);
  const above = top - rectOf(value).bottom;
  const below = rectOf(isElement(node) ? node : getParentElement.call(node)).top - bottom;
  return below > above + 1;
}

/** The heading of a value in a table: at the start of its row, or on top of its column. */
function headingOf(cell) {
  const row = [...(getParentElement.call(cell)?.cells ?? [])];
  const head = row.slice(0, cell.cellIndex).findLast((other) => tagOf(other) === "TH");
  if (head) return textOf(head);
  const top = columnsOf(cell);
  return textOf(top?.contains(cell) ? null : top?.cells[cell.cellIndex]);
}

function columnsOf(cell) {
  return cell.closest("table")?.tHead?.rows[0];
}

/** Whether an element is in a list of records under one heading, of several or as a part of another one: there the heading names no single value. */
function isInList(element) {
  const cell = closest.call(element, "td");
  const table = cell?.closest("table");
  if (!table?.tHead?.rows[0]) return false;
  return headingAbove(table) !== "" || [...table.tBodies].reduce((sum, body) => sum + body.rows.length, 0) > 1;
}

/** The labels, other than for addresses, of the fields that an element is in. */
const fieldsAround = kept((element) => {
  const cell = closest.call(element, "dd, td");
  if (!cell) return "";
  const label = ownLabel(cell);
  const outer = parentOf(cell);
  return `${label.length > 40 || EMAIL_WORD.test(label) ? "" : label} ${outer ? fieldsAround(outer) : ""}`.trim();
});

/** The term of a definition. */
function termOf(definition) {
  let term = earlierOf(definition);
  while (term && tagOf(term) === "DD") term = earlierOf(term);
  return term && tagOf(term) === "DT" ? textOf(term) : "";
}

/** The label of an element's content by its own markup. */
function ownLabel(element) {
  if (tagOf(element) === "DD") return termOf(element);
  if (tagOf(element) === "TD") return headingOf(element);
  if (element.labels?.[0]) return textOf(element.labels[0]);
  const named = byIds(element, "aria-labelledby") || attributeOf(element, "aria-label") || attributeOf(element, "data-label");
  return named && EMAIL_WORD.test(named) ? named : "";
}

// A label is a field's only if it is an element: a piece of text before the value may be of the same author as the value.

/** The label of an element or text: its own, or what stands before it or before what it is in. */
function labelOf(node) {
  for (let at = node, depth = 0; at && depth < 6; at = parentOf(at), depth += 1) {
    const element = isElement(at);
    if (element && (tagOf(at) === "BODY" || tagOf(at) === "MAIN")) break;
    const { text, apart } = before(at);
    const own = element && asLabel(ownLabel(at), true);
    const label = own || asLabel(text, apart && text.length <= 40);
    if (label) return { label, field: Boolean(own || apart) && EMAIL_WORD.test(label) };
    // Beyond a block with other content, what stands earlier is no label of this value.
    if (textOf(at).length > 150) break;
  }
  return { label: "", field: false };
}

function inputLabel(element) {
  const name = element.labels?.[0] ? textOf(element.labels[0]).replace(textOf(element), "") : "";
  const label = name || byIds(element, "aria-labelledby") || attributeOf(element, "aria-label") || before(element).text;
  return asLabel(label || labelOf(element).label || element.name || "", true);
}

/** What may show something without having text, as a value or in one. */
const HOLDER = ":not(b, dd, div, p, small, span, td)";

/**
 * Whether another field of the same label stands before a value's own, and has nothing in it: then this one is perhaps another
 * person's. Large documents take too long to search.
 */
function followsEmptyField(label, node) {
  if (rootOf(node) !== document) return false;
  const { all, empty } = fieldsCalled(label);
  return empty.some((field) => all.some((own) => isBefore(field, own) && isBefore(own, node)));
}

const fieldsCalled = kept((label) => {
  if (label.includes('"') || tagged(document, "*").length > 10 * MAX_ASKED) return { all: [], empty: [] };
  const found = [...searched(document, `descendant::text()[contains(., "${label}")]`)].slice(0, 20);
  const all = found.filter((text) => asLabel(dataOf(text)) === label && isTextSeen(text));
  return { all, empty: all.filter(isFieldEmpty) };
});

/** Whether an element without text stands behind a label. */
function isFieldEmpty(text) {
  let at = getParentElement.call(text);
  while (at && !getLater.call(at) && asLabel(textOf(at)) === asLabel(dataOf(text))) at = getParentElement.call(at);
  let value = at && getAfter.call(at);
  if (value && isText(value) && !dataOf(value).trim()) value = getAfter.call(value);
  if (!value || !isElement(value) || closest.call(at, "thead")) return false;
  return /^[\s–—-]*$/.test(getText.call(value)) && !matches.call(value, HOLDER) && !querySelector.call(value, HOLDER);
}
