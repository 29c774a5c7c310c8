// Finding what may matter in a document and its shadow trees, open and closed. The searches over whole trees are the
// browser's own: a script that walks a page of 50,000 nodes takes a second in Firefox.
//
// Documents and forms can have members of any name, put there by the names of images and fields. So what they are asked
// goes through the prototypes.

// In Firefox each look at a global or a prototype goes through a wrapper, and takes ten times as long as what is asked
// then. So what is asked often is looked up once.

const { document, Range } = window;
const getterOf = ({ prototype }, name) => Object.getOwnPropertyDescriptor(prototype, name).get;
const { closest, checkVisibility, getAttribute, getBoundingClientRect, getClientRects, matches, querySelector, querySelectorAll: queryAll } = Element.prototype;
const { compareDocumentPosition, contains, getRootNode } = Node.prototype;
const [getDocument, getNodeType, getParentElement, getParentNode, getText] = [
  "ownerDocument",
  "nodeType",
  "parentElement",
  "parentNode",
  "textContent",
].map((name) => getterOf(Node, name));
const [getEarlier, getFirstElement, getLater, getLocalName, getSlot, getTag] = ["previousElementSibling", "firstElementChild", "nextElementSibling", "localName", "assignedSlot", "tagName"].map((name) => getterOf(Element, name));
const [getBefore, getAfter, getFirst, getLast] = ["previousSibling", "nextSibling", "firstChild", "lastChild"].map((name) => getterOf(Node, name));
const getTextSlot = getterOf(Text, "assignedSlot");
const getData = getterOf(CharacterData, "data");
const getRoot = getterOf(Document, "documentElement");
const getBody = getterOf(Document, "body");
const getView = getterOf(Document, "defaultView");
const getHost = getterOf(ShadowRoot, "host");
const { createTreeWalker, getElementsByTagName: getByTag, querySelectorAll: queryDocument } = Document.prototype;
const { querySelector: findShadow, querySelectorAll: queryShadow } = DocumentFragment.prototype;
const { getBoundingClientRect: getRangeBox, getClientRects: getRangeRects, selectNodeContents: selectContents, setEnd, setStart } = Range.prototype;
const now = performance.now.bind(performance);

/** A function of a node whose results are kept: facts share their ancestors, and asking the page is slow. */
function kept(compute) {
  const results = new Map();
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
  return getRoot.call(document);
}

function dataOf(text) {
  return getData.call(text);
}

function bodyElement() {
  return getBody.call(document);
}

function documentOf(node) {
  return getDocument.call(node);
}

/** The window in which an element is shown. */
function viewOf(element) {
  return getView.call(documentOf(element));
}

function rootOf(node) {
  return getRootNode.call(node);
}

const [getLeft, getTop, getRight, getBottom, getWidth, getHeight] = ["left", "top", "right", "bottom", "width", "height"].map((name) => getterOf(DOMRectReadOnly, name));

/** A box of the browser's as one that is quickly read. */
function asBox(rect) {
  return {
    left: getLeft.call(rect),
    top: getTop.call(rect),
    right: getRight.call(rect),
    bottom: getBottom.call(rect),
    width: getWidth.call(rect),
    height: getHeight.call(rect),
  };
}

function rectOf(element) {
  return asBox(getBoundingClientRect.call(element));
}

function rectsOf(element) {
  return Array.from(getClientRects.call(element), asBox);
}

/** The boxes of what is between two places in a text. */
function rectsWithin(text, from, to) {
  const range = new Range();
  setStart.call(range, text, from);
  setEnd.call(range, text, to);
  return Array.from(getRangeRects.call(range), asBox);
}

function earlierOf(element) {
  return getEarlier.call(element);
}

function attributeOf(element, name) {
  return getAttribute.call(element, name);
}

function tagOf(element) {
  return getTag.call(element);
}

function isElement(node) {
  return getNodeType.call(node) === 1;
}

/** Whether a node is a piece of text, as it is or as XML may write it. */
function isText(node) {
  const type = getNodeType.call(node);
  return type === 3 || type === 4;
}

const assignedTo = HTMLSlotElement.prototype.assignedNodes;

/** The slot in which a node is shown, also in a closed shadow root of a custom element. */
function slotOf(node) {
  const slot = isElement(node) ? getSlot.call(node) : isText(node) ? getTextSlot.call(node) : null;
  const host = slot ? null : getParentElement.call(node);
  if (!host || !tagOf(host).includes("-")) return slot;
  return slotsOf(host).find((slot) => assignedTo.call(slot).includes(node)) ?? null;
}

const slotsOf = kept((host) => {
  const shadow = shadowOf(host);
  return shadow ? [...selected(shadow, "slot")] : [];
});

/** The element whose shadow tree this is the root of. */
function hostOf(root) {
  return root instanceof ShadowRoot ? getHost.call(root) : null;
}

/** The parent as it is rendered: through slots, and out of shadow trees. */
const parentOf = kept((node) => slotOf(node) ?? getParentElement.call(node) ?? hostOf(getParentNode.call(node)));

// Firefox has this for extensions. To look for chrome.dom there takes milliseconds.
const getShadow = Object.getOwnPropertyDescriptor(Element.prototype, "openOrClosedShadowRoot")?.get;

/** An element's shadow root, closed ones included: extensions may look into those. */
function shadowOf(element) {
  try {
    return getShadow ? getShadow.call(element) : globalThis.chrome.dom.openOrClosedShadowRoot(element);
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
  if (root !== document) for (const node of root.childNodes) if (isText(node) && dataOf(node).includes("@")) yield node;
  yield* searched(root, "descendant::text()[contains(., '@')]");
}

/** The elements that a selector finds. */
function selected(root, selector) {
  return (root === document ? queryDocument : queryShadow).call(root, selector);
}

/** The elements of a tag. Browsers keep lists of those, for documents; a selector looks at every element. */
function tagged(root, tag) {
  return root === document ? getByTag.call(document, tag) : selected(root, tag);
}

/** Whether a document or shadow root has so few elements that they are all looked at sooner than found one kind at a time. */
const isSmall = kept((root) => tagged(root, "*").length <= MAX_ASKED);

/**
 * What any of these tags and selectors finds, in the order of the document. In a large document each is looked for by
 * itself: browsers keep lists of tags, and pass over whatever has no attribute of a name in it, but look at every element for
 * several selectors at once. Shadow trees are small and many.
 */
function selectedByAny(root, selectors) {
  if (root !== document || isSmall(root)) return selected(root, selectors.join());
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
  return Boolean(compareDocumentPosition.call(other, one) & 2);
}

/** Elements other than custom ones that may have shadow roots. */
const HOSTS = "article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span".split(" ");
/** Asking an element for its shadow root is slow. Of a tag of which there are more, only empty elements are asked. */
const MAX_ASKED = 500;

/** The shadow roots below a document or shadow root. */
function* shadows(root) {
  if (isSmall(root)) yield* shadowsOf(selected(root, HOSTS.join()));
  else {
    for (const tag of HOSTS) {
      const hosts = tagged(root, tag);
      yield* shadowsOf(hosts.length > MAX_ASKED ? selected(root, `${tag}:empty`) : hosts);
    }
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
