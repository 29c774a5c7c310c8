// Finding what may matter in a document and its shadow trees, open and closed. The searches over whole trees are the
// browser's own: a script that walks a page of 50,000 nodes takes a second in Firefox.
//
// Documents and forms can have members of any name, put there by the names of images and fields. So what they are asked
// goes through the prototypes.

/** A function of a node whose results are kept: facts share their ancestors, and asking the page is slow. */
function kept(compute) {
  const results = new WeakMap();
  return (node) => {
    let result = results.get(node);
    if (result === undefined) {
      result = compute(node);
      results.set(node, result);
    }
    return result;
  };
}

function rootElement() {
  return Object.getOwnPropertyDescriptor(Document.prototype, "documentElement").get.call(document);
}

function bodyElement() {
  return Object.getOwnPropertyDescriptor(Document.prototype, "body").get.call(document);
}

const getParentElement = Object.getOwnPropertyDescriptor(Node.prototype, "parentElement").get;
const getParentNode = Object.getOwnPropertyDescriptor(Node.prototype, "parentNode").get;
const getSlot = Object.getOwnPropertyDescriptor(Element.prototype, "assignedSlot").get;
const getTextSlot = Object.getOwnPropertyDescriptor(Text.prototype, "assignedSlot").get;
const getText = Object.getOwnPropertyDescriptor(Node.prototype, "textContent").get;
const comparePosition = Node.prototype.compareDocumentPosition;
const getTag = Object.getOwnPropertyDescriptor(Element.prototype, "tagName").get;
const getLocalName = Object.getOwnPropertyDescriptor(Element.prototype, "localName").get;

const getDocument = Object.getOwnPropertyDescriptor(Node.prototype, "ownerDocument").get;
const getEarlier = Object.getOwnPropertyDescriptor(Element.prototype, "previousElementSibling").get;

function documentOf(node) {
  return getDocument.call(node);
}

function rootOf(node) {
  return Node.prototype.getRootNode.call(node);
}

function rectOf(element) {
  return Element.prototype.getBoundingClientRect.call(element);
}

function rectsOf(element) {
  return Element.prototype.getClientRects.call(element);
}

function earlierOf(element) {
  return getEarlier.call(element);
}

function attributeOf(element, name) {
  return Element.prototype.getAttribute.call(element, name);
}

function tagOf(element) {
  return getTag.call(element);
}

function isElement(node) {
  return node instanceof Element;
}

/** The parent as it is rendered: through slots, and out of shadow trees. */
const parentOf = kept((node) => {
  const slot = isElement(node) ? getSlot.call(node) : node instanceof Text ? getTextSlot.call(node) : null;
  return slot ?? getParentElement.call(node) ?? getParentNode.call(node)?.host ?? null;
});

function* ancestors(element) {
  for (let next = element, depth = 0; next && depth < 400; next = parentOf(next), depth += 1) yield next;
}

/** An element's shadow root, closed ones included: extensions may look into those. */
function shadowOf(element) {
  try {
    return globalThis.chrome?.dom?.openOrClosedShadowRoot?.(element) ?? element.openOrClosedShadowRoot ?? element.shadowRoot;
  } catch {
    // Elements that cannot have one.
    return null;
  }
}

const evaluator = new XPathEvaluator();

/** The nodes below a document or shadow root that an XPath expression finds. */
function* searched(root, expression) {
  // A shadow root itself is nothing that XPath starts from.
  const starts = root === document ? [rootElement()] : root.children;
  for (const begin of starts) {
    const found = evaluator.evaluate(expression, begin, null, XPathResult.UNORDERED_NODE_SNAPSHOT_TYPE, null);
    for (let index = 0; index < found.snapshotLength; index += 1) yield found.snapshotItem(index);
  }
}

/** The pieces of text with an "@" in them. */
function* texts(root) {
  if (root !== document) for (const node of root.childNodes) if (node instanceof Text && node.data.includes("@")) yield node;
  yield* searched(root, "descendant::text()[contains(., '@')]");
}

/** The elements that a selector finds. */
function selected(root, selector) {
  const { querySelectorAll } = root === document ? Document.prototype : DocumentFragment.prototype;
  return querySelectorAll.call(root, selector);
}

/** The elements of a tag. Browsers keep lists of those, for documents; a selector looks at every element. */
function tagged(root, tag) {
  return root === document ? Document.prototype.getElementsByTagName.call(document, tag) : selected(root, tag);
}

/**
 * What any of these tags and selectors finds, in the order of the document. In a document each is looked for by itself:
 * browsers keep lists of tags, and pass over whatever has no attribute of a name in it, but look at every element for
 * several selectors at once. Shadow trees are small and many.
 */
function selectedByAny(root, selectors) {
  if (root !== document) return selected(root, selectors.join());
  return merged(selectors.map((selector) => (/^\w+$/.test(selector) ? tagged(root, selector) : selected(root, selector))));
}

/** The elements of several lists, each in the order of the document, once and in that order. */
function* merged(lists) {
  const heads = lists.map((list) => ({ list, index: 0 })).filter(({ list }) => list.length > 0);
  while (heads.length > 0) {
    const next = heads.map(({ list, index }) => list[index]).reduce((one, other) => (isBefore(other, one) ? other : one));
    yield next;
    for (const head of [...heads]) {
      if (head.list[head.index] === next) head.index += 1;
      if (!head.list[head.index]) heads.splice(heads.indexOf(head), 1);
    }
  }
}

function isBefore(one, other) {
  return Boolean(comparePosition.call(other, one) & Node.DOCUMENT_POSITION_PRECEDING);
}

/** Elements other than custom ones that may have shadow roots. */
const HOSTS = "article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span".split(" ");
/** Asking an element for its shadow root is slow. Of a tag of which there are more, only empty elements are asked. */
const MAX_ASKED = 500;

/** The shadow roots below a document or shadow root. */
function* shadows(root) {
  for (const tag of HOSTS) {
    const hosts = tagged(root, tag);
    yield* shadowsOf(hosts.length > MAX_ASKED ? selected(root, `${tag}:empty`) : hosts);
  }
  yield* shadowsOf(searched(root, "descendant-or-self::*[contains(local-name(), '-')]"));
}

function* shadowsOf(hosts) {
  for (const host of hosts) {
    if (exhausted()) return;
    const shadow = shadowOf(host);
    if (shadow) yield shadow;
  }
}

/** A document and all shadow roots in it, however deep. */
function* trees(root) {
  yield root;
  for (const shadow of shadows(root)) yield* trees(shadow);
}
