// Fields for an e-mail address that have none.

/** What is in every label for an e-mail address, as far as XPath can look for it. */
const LABEL_PARTS = "mail Mail MAIL e-mel E-mel ایمیل orreo orreio ourriel Mél mél osta elettronica post Post past pašt почт Почт имейл Имейл пошт Пошт ταχ ईमेल อีเมล メール 邮 郵 電郵 信箱 이메일 우편 بريد דוא אימייל điện surel Surel".split(" ");
const LABELS = `descendant::text()[string-length() < 200 and (${LABEL_PARTS.map((part) => `contains(., '${part}')`).join(" or ")})]`;
/** What may show something without having text, as a value or in one. */
const HOLDER = ":not(a, b, button, code, dd, div, em, i, p, small, span, strong, td)";
/** What is pressed, and names of columns. */
const PRESSED = "a, button, nav, option, thead, [role=button], [role=tab], [role=menuitem]";
const MAX_LABELS = 50;

/** Whether a field was found that is perhaps not the customer's: it follows such a one, or is in the only row of a list. */
let unsure = false;

/** The trees that were read so far: in the order of the page, but for what shadow trees are in the middle of. */
const read = [];

/**
 * Whether another field for an e-mail address stands before a value's own, and has no address in it: then this one is perhaps
 * another person's. Large documents take too long to search.
 */
function followsBlank(node) {
  const all = read.flatMap((tree) => labelsIn(tree));
  return all.some((field) => isBlank(field) && all.some((own) => precedes(field, own) && precedes(own, node)));
}

/** Whether what a page has for an address, or a frame in it, may be another person's. */
function isUnsure() {
  return unsure || isBlankAround();
}

/** Whether a page that has frames has such a field, and no other: what is in a frame is perhaps another person's then. */
function isBlankAround() {
  return window.length > 0 && !facts.some(({ kind }) => ["labelled", "input"].includes(kind)) && read.flatMap((tree) => labelsIn(tree)).some(isBlank);
}

const labelsIn = kept((tree) => {
  if (tagged(tree, "*").length > 10 * MAX_ASKED) return [];
  return [...searched(tree, LABELS)].slice(0, MAX_LABELS).filter((text) => EMAIL_WORD.test(asLabel(dataOf(text))) && isTextSeen(text) && isInMainPart(getParentElement.call(text)));
});

/** Whether what stands behind a label has no address: it is empty, or says so, or offers to add one. */
const isBlank = kept((text) => {
  let at = getParentElement.call(text);
  while (at && !getLater.call(at) && asLabel(textOf(at)) === asLabel(dataOf(text))) at = getParentElement.call(at);
  if (!at || !EMAIL_FIELD.test(asLabel(dataOf(text))) || closest.call(at, PRESSED) || styleOf(at).cursor === "pointer") return false;
  let value = getAfter.call(at);
  if (value && isText(value) && !dataOf(value).trim()) value = getAfter.call(value);
  if (!value || !isElement(value)) return false;
  const field = matches.call(value, "input") ? value : querySelector.call(value, "input");
  if (field) return ["email", "text"].includes(field.type) && !field.value.includes("@") && isSeen(field);
  const said = textOf(value);
  return said.length < 60 && !said.includes("@") && !matches.call(value, HOLDER) && !querySelector.call(value, HOLDER);
});

/** A node with the elements whose shadow trees it is in, from the document on. */
const lineage = kept((node) => {
  const { host } = rootOf(node);
  return host ? [...lineage(host), node] : [node];
});

/** Whether one node stands before another one on the page, also in another tree. */
function precedes(one, other) {
  const [earlier, later] = [lineage(one), lineage(other)];
  let depth = 0;
  while (earlier[depth + 1] && later[depth + 1] && earlier[depth] === later[depth]) depth += 1;
  return earlier[depth] !== later[depth] && isBefore(earlier[depth], later[depth]);
}
