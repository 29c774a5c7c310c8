// What a value is called beside it.

/** Words for an e-mail address at the start of a label, in the languages that CRMs are used in. */
const EMAIL_SOURCE = String.raw`^[^\p{L}–—-]*((account|client|contact|customer|home|login|main|personal|primary|private|registered|user|work)(['’]?s)? |adress?e? |endereço de |indirizzo (di )?|alamat |địa chỉ |ที่อยู่|адреса? |direcci[oó]n de )?(e-?\s?mail|mail(?!ing|box|er)|(e-?mel|mél)(?![\p{L}]|\s+[\p{L}])|correo( electr[oó]nico)?|correio( eletr[oôó]nico)?|courriel|(adresse|courrier) [ée]lectronique|direcci[oó]n electr[oó]nica|endereço eletr[oôó]nico|indirizzo elettronico|poczta elektroniczna|posta elettronica|e-?posta|e-?past|el\.? ?pašt|sähköposti|(электронн(ая|ой) |эл\.? ?)?почт[аы]|имейл|(електронна |ел\.? ?)?пошта|ηλεκτρονικό ταχ|ईमेल|อีเมล|電?子?メール|电子邮|電子郵|邮箱|電郵|信箱|이메일|전자 ?우편|البريد|بريد|ایمیل|דוא|אימייל|thư điện tử|surel)`;
const EMAIL_WORD = lettered(EMAIL_SOURCE, "i");
/** Likewise, with nothing behind it but what makes an address of it: the label of a field, and no sentence or other setting. */
const EMAIL_FIELD = lettered(String.raw`${EMAIL_SOURCE}[\p{L}]*[-\s]*(add?r[\p{L}]*|id|ال[إا]لكتروني)?[^\p{L}]*$`, "i");

const EMAIL_LABEL = lettered(String.raw`${EMAIL_SOURCE}[\p{L}]*[-\s]*(add?r[\p{L}]*|id|ال[إا]لكتروني)?(?![\p{L}])`, "i");

/** What a label says beside that it is one for an address, such as whose. */
function restOf(label) {
  const rest = EMAIL_WORD.without(label);
  if (rest !== label) return WORD_REST.without(rest).trim();
  // A field without a label has its name for one.
  return /mail/i.test(label) && !/\s/.test(label) ? "" : label;
}

const WORD_REST = lettered(String.raw`^[\p{L}]+`);
const LETTER = lettered(String.raw`[\p{L}]`);

/** Names and addresses share what is around them, which may be most of the page. */
const beginningOf = kept((element) => (getText.call(element) ?? "").replace(/\s+/gu, " ").trim().slice(0, 200));

function textOf(element) {
  return element ? beginningOf(element) : "";
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
    // A line of its own may be the label's.
    if (element && tagOf(earlier) === "BR" && !(isElement(node) && !text.trim() && earlierOf(earlier) && tagOf(earlierOf(earlier)) === "LABEL")) break;
    // An icon's name is no label.
    if (element && isPicture(earlier)) continue;
    // What stands before a form field is that one's label.
    if (element && (matches.call(earlier, FIELDS) || querySelector.call(earlier, FIELDS))) break;
    const apart = element && /^[\s:：,;/|]*$/u.test(text);
    if (apart && isRowOver(earlier, node)) return { text: textOf(earlier), row: true };
    const more = apart ? textOf(earlier) : getText.call(earlier);
    if (apart && /^\S+@\S+$/u.test(more)) continue;
    text = more + text;
    if (apart && text.trim()) return isCaption(earlier, node) ? { text: "", apart: false } : { text: text.trim(), apart };
    if (text.length > 200) break;
  }
  return { text: text.replace(/\s+/gu, " ").trim(), apart: false };
}

/** How far apart things stand beside each other that belong to one label, in pixels. */
const MAX_GAP = 32;

/** Whether an element is a row of headings over another one: both are rows of a table, or look like it, or the things in it stand far apart. */
function isRowOver(earlier, node) {
  const gap = gapIn(earlier);
  return gap > MAX_GAP || (gap > -Infinity && isElement(node) && gapIn(node) > -Infinity);
}

/** The widest gap between things that stand beside each other in an element. */
const gapIn = kept((element) => {
  let last;
  let widest = -Infinity;
  for (let part = getFirstElement.call(element), steps = 0; part && steps < 8; part = getLater.call(part), steps += 1) {
    if (!LETTER.test(textOf(part)) || isPicture(part)) continue;
    if (last && !styleOf(part).display.startsWith("inline") && isOneLine(rectOf(last), rectOf(part))) {
      const [one, other] = [last, part].map((each) => boxOfText(each));
      widest = Math.max(widest, other.left - one.right, one.left - other.right);
    }
    last = part;
  }
  return widest;
});

/** The box of what is written in an element, which may be narrower than the element. */
function boxOfText(element) {
  const range = new Range();
  selectContents.call(range, element);
  return asBox(getRangeBox.call(range));
}

/** Whether what stands between an address and something else is below the address rather than beside or above the other. */
function isCaption(between, node) {
  const value = earlierOf(between);
  if (!value || !getText.call(value).includes("@")) return false;
  const { top, bottom } = rectOf(between);
  const above = top - rectOf(value).bottom;
  const below = rectOf(isElement(node) ? node : parentOf(node)).top - bottom;
  return below > above + 1;
}

/** The heading of a value in a table: at the start of its row, or on top of its column. */
function headingOf(cell) {
  const parent = getParentElement.call(cell);
  const row = parent instanceof HTMLTableRowElement ? [...parent.cells] : [];
  const head = row.slice(0, cell.cellIndex).findLast((other) => tagOf(other) === "TH");
  if (head) return textOf(head);
  const top = columnsOf(cell);
  if (!top || top.contains(cell)) return "";
  // Headings and cells may be as wide as several columns.
  let column = row.slice(0, cell.cellIndex).reduce((sum, other) => sum + other.colSpan, 0);
  return textOf([...top.cells].find((other) => (column -= other.colSpan) < 0));
}

/** The row of headings; of several, none says alone what a column is. */
function columnsOf(cell) {
  const rows = cell.closest("table")?.tHead?.rows;
  return rows?.length === 1 ? rows[0] : null;
}

/** Whom the column of a value is about, in a table with a heading before each row and on top of each column. */
function columnOf(cell) {
  const rows = cell.closest("table")?.rows ?? [];
  const heads = rows.length > 1 ? [...rows[0].cells] : [];
  const own = getParentElement.call(cell) !== rows[0] && heads.length > 2 && heads.length === getParentElement.call(cell).cells?.length;
  return own && heads.every((head) => tagOf(head) === "TH") ? textOf(heads[cell.cellIndex]) : "";
}

/** Whether an element is in a list of records under one heading, of several or as a part of another one: there the heading names no single value. */
function isInList(element) {
  const cell = closest.call(element, "td");
  const table = cell?.closest("table");
  if (!table?.tHead?.rows[0]) return false;
  return headingAbove(table) !== "" || [...table.tBodies].reduce((sum, body) => sum + body.rows.length, 0) > 1;
}

/** Whether an element is in a table with headings; where it is in no list, that has one row. It may be one of the customer's clients. */
function isInRow(element) {
  return Boolean(closest.call(element, "td")?.closest("table")?.tHead);
}

/** The labels, other than for addresses, of the fields that an element is in. */
const fieldsAround = kept((element) => {
  const cell = closest.call(element, "dd, td");
  if (!cell) return "";
  const label = `${tagOf(cell) === "TD" ? columnOf(cell) : ""} ${ownLabel(cell)}`.trim();
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
  // A form has what its fields are called.
  if (tagOf(element) !== "FORM" && element.labels?.[0]) return textOf(element.labels[0]);
  const named = byIds(element, "aria-labelledby") || attributeOf(element, "aria-label") || attributeOf(element, "data-label");
  return named && EMAIL_WORD.test(named) ? named : "";
}

// A label is a field's only if it is an element: a piece of text before the value may be of the same author as the value.

/**
 * The label of an element or text: its own, or what stands before it or before what it is in; and the box that has it, or what stands
 * over it in a row of headings.
 */
function labelOf(node) {
  for (let at = node, inner, depth = 0; at && depth < 6; inner = at, at = parentOf(at), depth += 1) {
    const element = isElement(at);
    if (element && (tagOf(at) === "BODY" || tagOf(at) === "MAIN")) break;
    const { text, apart, row } = before(at);
    if (row) return { label: asLabel(text, true), field: false, head: headOver(at, inner) };
    const own = element && asLabel(ownLabel(at), true);
    const label = own || asLabel(text, apart && text.length <= 40);
    if (label) return { label, field: Boolean(own || apart) && EMAIL_WORD.test(label), box: at, own: Boolean(own) };
    // Beyond a block with other content, what stands earlier is no label of this value.
    if (textOf(at).length > 150) break;
  }
  return { label: "", field: false };
}

/** What stands over a part of a row in the row before, or that as a whole; nothing, if neither looks like a row. */
function headOver(row, part) {
  if (!isElement(row) || !(matches.call(row, "tr, [role=row]") || gapIn(row) > -Infinity)) return undefined;
  const heads = earlierOf(row);
  let head = getFirstElement.call(heads);
  for (let at = part; head && at && isElement(at) && (at = earlierOf(at)); ) head = getLater.call(head);
  return textOf(head ?? heads);
}

function inputLabel(element) {
  const name = element.labels?.[0] ? textOf(element.labels[0]).replace(textOf(element), "") : "";
  const label = name || byIds(element, "aria-labelledby") || attributeOf(element, "aria-label") || before(element).text;
  return asLabel(label || labelOf(element).label || element.name || "", true);
}
