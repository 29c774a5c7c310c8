// Runs in each frame of a page, once a person has clicked, and returns what it sees there as plain facts. It decides
// nothing and changes nothing. The page may be hostile: what a person could not see there is not reported.
//
// The value of this script is the value of its one expression.

(() => {
  const MAX_FACTS = 2000;
  const MAX_NODES = 200_000;
  // Against pages that are slow to read on purpose. On a busy computer the clock runs on while other programs have the
  // processor, so a tight bound would miss addresses on ordinary pages.
  const MAX_MILLISECONDS = 1500;
  const MAX_VALUE = 320;
  const MAX_LABEL = 80;
  const MAX_JSON = 200_000;

  // The page's own pending layout is not counted.
  document.documentElement?.getClientRects();
  const start = performance.now();
  const facts = [];
  let nodes = 0;
  let truncated = false;

  /** Whether the bounds are reached. The clock is looked at now and then only. */
  function exhausted() {
    nodes += 1;
    truncated ||=
      facts.length >= MAX_FACTS ||
      nodes >= MAX_NODES ||
      ((nodes & 127) === 0 && performance.now() - start > MAX_MILLISECONDS);
    return truncated;
  }

  /** Addresses that stand in rendered text or fields, and the facts whose own values are not rendered. */
  const shown = new Set();
  const unrendered = [];

  const ADDRESS = /[^\s<>()[\]"',;:]+@[^\s<>()[\]"',;:]+/gu;

  function addressesIn(text) {
    return (text.toLowerCase().match(ADDRESS) ?? []).map((address) => address.replace(/[.!?]+$/u, ""));
  }

  function show(text) {
    for (const address of addressesIn(text)) shown.add(address);
  }

  /** A value that stands in an attribute or a script: seen only if the same address is also shown. */
  function reportUnrendered(kind, value, element, label) {
    const before = facts.length;
    report(kind, value, element, label);
    unrendered.push(...facts.slice(before));
  }

  function judgeUnrendered() {
    for (const fact of unrendered) {
      const found = addressesIn(fact.value.replace(/^mailto:/i, "").split("?")[0]);
      fact.visible = found.length > 0 && found.every((address) => shown.has(address));
    }
  }

  function report(kind, value, element, label = "") {
    const raw = String(value ?? "").trim();
    if (!raw || facts.length >= MAX_FACTS) return;
    facts.push({
      kind,
      value: raw.slice(0, MAX_VALUE),
      ...(label && { label: label.slice(0, MAX_LABEL) }),
      region: regionOf(element),
      visible: true,
      shadow: element.getRootNode() instanceof ShadowRoot,
    });
  }

  // Walking: light and shadow trees, open and closed.

  /** An element's shadow root, closed ones included: extensions may look into those. */
  function shadowOf(element) {
    try {
      return globalThis.chrome?.dom?.openOrClosedShadowRoot?.(element) ?? element.openOrClosedShadowRoot ?? element.shadowRoot;
    } catch {
      // Elements that cannot have one.
      return null;
    }
  }

  function* pieces(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (exhausted()) return;
      yield node;
      if (node.nodeType === Node.ELEMENT_NODE) {
        const shadow = shadowOf(node);
        if (shadow) yield* pieces(shadow);
      }
    }
  }

  /** The parent as it is rendered: through slots, and out of shadow trees. */
  function parentOf(node) {
    return node.assignedSlot ?? node.parentElement ?? node.parentNode?.host ?? null;
  }

  function* ancestors(element) {
    for (let next = element, depth = 0; next && depth < 400; next = parentOf(next), depth += 1) yield next;
  }

  // Seeing.

  const RENDERED = { opacityProperty: true, visibilityProperty: true };

  /** How much of each element that was judged already comes through: facts often share their ancestors. */
  const strengths = new WeakMap();

  /** How opaque an element is by its own style, or 0 if it hides what is in it by other means than not being rendered. */
  function strengthOf(element) {
    let strength = strengths.get(element);
    if (strength === undefined) {
      const style = getComputedStyle(element);
      const hidden =
        element.getAttribute("aria-hidden") === "true" ||
        style.contentVisibility === "hidden" ||
        /^rect\((0|1)(px)?,? (0|1)(px)?,? (0|1)(px)?,? (0|1)(px)?\)$/.test(style.clip) ||
        leavesNothing(style.clipPath);
      strength = hidden ? 0 : Number(style.opacity);
      for (const [, number, percent] of style.filter.matchAll(/opacity\(([\d.]+)(%?)\)/g)) strength *= number / (percent ? 100 : 1);
      strengths.set(element, strength);
    }
    return strength;
  }

  /** Whether an element is concealed by itself or by all that is around it together. */
  function isConcealed(element) {
    let strength = 1;
    for (const outer of ancestors(element)) {
      strength *= strengthOf(outer);
      if (strength < 0.1) return true;
    }
    return false;
  }

  /** Whether a clip path is a shape without an area, as far as its own text says that. */
  function leavesNothing(clipPath) {
    const [, shape, inner] = /^(inset|circle|ellipse|polygon)\((.*)\)/.exec(clipPath) ?? [];
    if (shape === "circle" || shape === "ellipse") return /^0/.test(inner);
    if (shape === "inset") {
      const sides = inner.split(" round ")[0].split(" ").map((side) => (side.endsWith("%") ? parseFloat(side) : 0));
      const [top, right = top, bottom = top, left = right] = sides;
      return top + bottom >= 98 || left + right >= 98;
    }
    if (shape !== "polygon") return false;
    const points = inner.replace(/^(nonzero|evenodd), ?/, "").split(/, ?/).map((point) => point.split(" "));
    return [0, 1].some((axis) => points.every((point) => point[axis] === points[0][axis]));
  }

  /** Whether a clip path, if there is one, leaves the middle of a box. Only what is in view can be asked for. */
  function passesClipPaths(box, element) {
    for (const outer of ancestors(element)) {
      const { clipPath } = getComputedStyle(outer);
      if (clipPath === "none") continue;
      const x = (box.left + box.right) / 2;
      const y = (box.top + box.bottom) / 2;
      // Out of view, shapes that cannot be understood are taken for hiding.
      if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return /^(inset|circle|ellipse|polygon)\(/.test(clipPath);
      return element.getRootNode().elementsFromPoint(x, y).some((hit) => element.contains(hit));
    }
    return true;
  }

  /** The part of a box that the boxes around it leave, in coordinates of the viewport. */
  function clipped(box, element) {
    let { left, top, right, bottom } = box;
    for (const outer of ancestors(parentOf(element))) {
      if (outer === document.documentElement || outer === document.body) break;
      const { overflowX, overflowY, display } = getComputedStyle(outer);
      if (display === "inline" || display === "contents") continue;
      const frame = outer.getBoundingClientRect();
      // What is scrolled out of a box that can be scrolled is there for whoever scrolls; a box of no size shows nothing.
      if (overflowX !== "visible") {
        if (frame.width < 2) return null;
        if (overflowX === "hidden" || overflowX === "clip") [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
      }
      if (overflowY !== "visible") {
        if (frame.height < 2) return null;
        if (overflowY === "hidden" || overflowY === "clip") [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
      }
    }
    return right - left >= 2 && bottom - top >= 2 ? { left, top, right, bottom } : null;
  }

  /** Whether a person can bring this box of an element before their eyes. */
  function isReachable(box, element) {
    if (box.width < 2 || box.height < 2) return false;
    const left = box.left + scrollX;
    const top = box.top + scrollY;
    const page = document.scrollingElement ?? document.documentElement;
    const inPage =
      left + box.width > 1 &&
      top + box.height > 1 &&
      left < Math.max(page.scrollWidth, innerWidth) &&
      top < Math.max(page.scrollHeight, innerHeight);
    return inPage && clipped(box, element) !== null;
  }

  const COLOUR = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/;
  const colours = new Map();
  let canvas;

  /** Red, green, blue and opacity of a computed colour of any notation; null if the browser cannot tell. */
  function colourOf(text) {
    const [, ...plain] = COLOUR.exec(text) ?? [];
    if (plain.length) return plain.map((part) => Number(part ?? 1));
    if (!colours.has(text)) colours.set(text, painted(text));
    return colours.get(text);
  }

  function painted(text) {
    try {
      canvas ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
      // An assignment of what is no colour changes nothing.
      const taken = ["#000000", "#ffffff"].map((other) => {
        canvas.fillStyle = other;
        canvas.fillStyle = text;
        return canvas.fillStyle;
      });
      if (taken[0] !== taken[1]) return null;
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    } catch {
      return null;
    }
  }

  function over([red, green, blue, alpha], under) {
    return [red, green, blue].map((part, index) => part * alpha + under[index] * (1 - alpha));
  }

  /** Whether text is in a size and colour that can be read. Where a picture is behind it, that is taken for granted. */
  function isLegible(element) {
    const style = getComputedStyle(element);
    if (parseFloat(style.fontSize) < 4) return false;
    let ink = colourOf(style.webkitTextFillColor || style.color);
    if (!ink) return false;
    let behind = element;
    if (ink[3] < 0.1 && style.backgroundClip === "text") {
      // The background is what the letters are made of.
      if (style.backgroundImage !== "none") return true;
      ink = colourOf(style.backgroundColor);
      behind = parentOf(element);
    }
    if (!ink || ink[3] < 0.1) return false;
    const layers = [];
    let opaque = false;
    for (const outer of ancestors(behind)) {
      const { backgroundColor, backgroundImage } = getComputedStyle(outer);
      if (backgroundImage !== "none") return true;
      const layer = colourOf(backgroundColor);
      if (!layer) return false;
      layers.push(layer);
      opaque = layer[3] === 1;
      if (opaque) break;
    }
    // The sheet below everything.
    if (!opaque && matchMedia("(prefers-color-scheme: dark)").matches) return true;
    const paper = layers.reduceRight((under, layer) => over(layer, under), [255, 255, 255]);
    const distance = over(ink, paper).reduce((sum, part, index) => sum + Math.abs(part - paper[index]), 0);
    return distance > 24;
  }

  /** Whether an element, or text in it of which these are the boxes, is rendered where a person can see it. */
  function isSeen(element, boxes = element.getClientRects()) {
    if (getComputedStyle(element).visibility !== "visible") return false;
    let boxed = element;
    while (boxed && getComputedStyle(boxed).display === "contents") boxed = parentOf(boxed);
    if (!boxed?.checkVisibility(RENDERED)) return false;
    if (isConcealed(element)) return false;
    return [...boxes].some((box) => isReachable(box, element) && passesClipPaths(box, boxed));
  }

  function isTextSeen(node) {
    const parent = node.parentElement;
    if (parent.tagName === "DETAILS" && !parent.open) return false;
    return isSeen(parent, boxesOf(node)) && isLegible(parent);
  }

  /** The text in an element that a person can see, with lines for blocks. */
  function seenTextOf(element, limit) {
    let text = "";
    let line = null;
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node && text.length <= limit && !exhausted(); node = walker.nextNode()) {
      if (node.nodeName === "BR") text += "\n";
      if (node.nodeType !== Node.TEXT_NODE || !node.parentElement) continue;
      const block = blockOf(node);
      if (line && block !== line && node.data.trim()) text += "\n";
      if (node.data.trim()) line = block;
      const data = getComputedStyle(node.parentElement).whiteSpace.startsWith("pre") ? node.data : node.data.replace(/\s+/gu, " ");
      if (!data.trim() || isTextSeen(node)) text += data;
      // What takes up room unseen is a gap in the line.
      else if ([...boxesOf(node)].some((box) => box.width >= 2)) text += " ";
    }
    return text;
  }

  function boxesOf(node) {
    const range = document.createRange();
    range.selectNodeContents(node);
    return range.getClientRects();
  }

  // Places.

  const SIGNATURE = /(^|[\s_-])(signature|gmail_signature|moz-signature)($|[\s_-])/i;
  const ROLES = { banner: "header", contentinfo: "footer", navigation: "nav", complementary: "aside", main: "main" };
  const TAGS = { HEADER: "header", FOOTER: "footer", NAV: "nav", ASIDE: "aside", MAIN: "main" };
  const SECTIONING = new Set(["ARTICLE", "ASIDE", "MAIN", "NAV", "SECTION", "DIALOG"]);

  /** The innermost part of the page that an element is in. A header within an article is not the page's. */
  function regionOf(element) {
    let tentative = null;
    for (const outer of ancestors(element)) {
      if (SIGNATURE.test(`${outer.getAttribute("class") ?? ""} ${outer.id} ${outer.getAttribute("data-smartmail") ?? ""}`)) return "signature";
      const role = outer.getAttribute("role");
      const region = role ? ROLES[role] : TAGS[outer.tagName];
      if (tentative && (SECTIONING.has(outer.tagName) || role === "main")) tentative = null;
      if (!role && (region === "header" || region === "footer")) tentative ??= region;
      else if (region) return tentative ?? region;
    }
    return tentative;
  }

  // Labels.

  /** Words for an e-mail address at the start of a label, in the languages that CRMs are used in. */
  const EMAIL_WORD =
    /^[^\p{L}]*(adress?e? |endereço de |indirizzo |direcci[oó]n de )?(e-?\s?mail|mail|correo|correio|courriel|mél|posta elettronica|e-?posta|e-?past|el\.? ?pašt|sähköposti|(электронная |эл\.? ?)?почта|имейл|(ел\.? ?)?пошта|ηλεκτρονικό ταχ|ईमेल|อีเมล|電?子?メール|电子邮|電子郵|邮箱|電郵|信箱|이메일|전자 ?우편|البريد|بريد|דוא|אימייל|thư điện tử|surel)/iu;

  function textOf(element) {
    return (element?.textContent ?? "").replace(/\s+/gu, " ").trim().slice(0, 200);
  }

  function asLabel(text, always = false) {
    const label = text.replace(/[\s:：*]+$/u, "").trim();
    if (!label || label.length > MAX_LABEL || label.includes("@")) return "";
    return always || EMAIL_WORD.test(label) || /[:：]\s*\*?\s*$/u.test(text) ? label : "";
  }

  function byIds(element, attribute) {
    const ids = (element.getAttribute(attribute) ?? "").split(/\s+/).filter(Boolean).slice(0, 4);
    return ids.map((id) => textOf(element.getRootNode().getElementById?.(id))).join(" ").trim();
  }

  /** What stands before an element or text on its line; `apart` says that it is an element of its own. */
  function before(node) {
    let text = "";
    for (let earlier = node.previousSibling, steps = 0; earlier && steps < 4; earlier = earlier.previousSibling, steps += 1) {
      if (earlier.nodeName === "BR") break;
      const apart = earlier.nodeType === Node.ELEMENT_NODE && text.trim() === "";
      text = (apart ? textOf(earlier) : earlier.textContent) + text;
      if (apart && text) return { text, apart };
      if (text.length > 200) break;
    }
    return { text: text.replace(/\s+/gu, " ").trim(), apart: false };
  }

  /** The heading of a value in a table: at the start of its row, or on top of its column. */
  function headingOf(cell) {
    const row = [...(cell.parentElement?.cells ?? [])];
    const head = row.slice(0, cell.cellIndex).findLast((other) => other.tagName === "TH");
    const top = cell.closest("table")?.tHead?.rows[0];
    return textOf(head ?? (top?.contains(cell) ? null : top?.cells[cell.cellIndex]));
  }

  /** The term of a definition. */
  function termOf(definition) {
    let term = definition.previousElementSibling;
    while (term?.tagName === "DD") term = term.previousElementSibling;
    return term?.tagName === "DT" ? textOf(term) : "";
  }

  /** The label of an element's content by its own markup. */
  function ownLabel(element) {
    if (element.tagName === "DD") return termOf(element);
    if (element.tagName === "TD") return headingOf(element);
    if (element.labels?.[0]) return textOf(element.labels[0]);
    const named = byIds(element, "aria-labelledby") || element.getAttribute("aria-label") || element.getAttribute("data-label");
    return named && EMAIL_WORD.test(named) ? named : "";
  }

  /** The label of an element or text: its own, or what stands before it or before what it is in. */
  function labelOf(node) {
    for (let at = node, depth = 0; at && depth < 6; at = parentOf(at), depth += 1) {
      const element = at.nodeType === Node.ELEMENT_NODE;
      if (element && (at.tagName === "BODY" || at.tagName === "MAIN")) break;
      const { text, apart } = before(at);
      const label = (element && asLabel(ownLabel(at), true)) || asLabel(text, apart && text.length <= 40);
      if (label) return label;
      // Beyond a block with other content, what stands earlier is no label of this value.
      if (textOf(at).length > 150) break;
    }
    return "";
  }

  function inputLabel(element) {
    const name = element.labels?.[0] ? textOf(element.labels[0]).replace(textOf(element), "") : "";
    const label = name || byIds(element, "aria-labelledby") || element.getAttribute("aria-label") || before(element).text;
    return asLabel(label || element.name || "", true);
  }

  // Sources.

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
    let block = node.parentElement;
    while (block?.parentElement && getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
    return block;
  }

  function readText(node) {
    const text = node.data;
    if (!text.includes("@") || text.length > 100_000) return;
    const parent = node.parentElement;
    if (!parent || !isTextSeen(node)) return;
    for (const { value, first, last } of tokens(text)) {
      const cut = (first === 0 && goesOn(node, "previousSibling")) || (last === text.length && goesOn(node, "nextSibling"));
      if (cut) readBlock(node);
      else reportText(value, node, text.slice(0, first));
    }
  }

  /** Whether the neighbour in a line continues a piece of text: without a blank, without a gap, and not as its label. */
  function goesOn(node, direction) {
    const onward = direction === "nextSibling";
    const inline = (element) => element.tagName === "WBR" || getComputedStyle(element).display === "inline";
    const sibling = node[direction] ?? (inline(node.parentElement) ? node.parentElement[direction] : null);
    if (!sibling || (sibling.nodeType === Node.ELEMENT_NODE && !inline(sibling))) return false;
    if (sibling.nodeName === "WBR") return true;
    const text = sibling.textContent ?? "";
    if (!(onward ? /^\S/u : /\S$/u).test(text) || (!onward && asLabel(text))) return false;
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

  /** A piece of text; with a label that is a word for an e-mail address, it is the value of a field. */
  function reportText(value, node, prefix, labelled = node) {
    show(value);
    const label = prefix.trim() ? asLabel(prefix.trim()) : labelOf(labelled);
    // A link that shows its own address is one source, not two.
    const link = node.parentElement.closest("a[href]");
    const same = link && schemeless(link).toLowerCase().includes(value.toLowerCase().replace(/[.,;:!?)>]+$/u, ""));
    if (EMAIL_WORD.test(label)) report("labelled", value, node.parentElement, label);
    else if (!same) report("text", value, node.parentElement, label);
  }

  function schemeless(link) {
    const href = link.getAttribute("href").trim();
    if (!/^mailto:/i.test(href)) return "";
    try {
      return decodeURIComponent(href.slice(7));
    } catch {
      return href.slice(7);
    }
  }

  function readElement(element) {
    switch (element.localName) {
      case "a":
      case "area":
        if (/^\s*mailto:/i.test(element.getAttribute("href") ?? "")) readMailto(element);
        break;
      case "input":
      case "textarea":
        if (element.type !== "hidden" && element.type !== "password" && element.value.includes("@") && isSeen(element) && isLegible(element)) {
          show(element.value);
          report("input", element.value, element, inputLabel(element));
        }
        break;
      case "script":
        if (/^application\/ld\+json\b/i.test(element.type)) readJson(element);
        break;
    }
    if (element.hasAttribute("itemprop") || element.hasAttribute("property")) readMicrodata(element);
    const named = element.getAttribute("aria-label") ?? "";
    if (named.includes("@") && isSeen(element)) {
      for (const { value, first } of tokens(named)) {
        const label = asLabel(named.slice(0, first));
        reportUnrendered(EMAIL_WORD.test(label) ? "labelled" : "text", value, element, label);
      }
    }
  }

  /** A link's address stands for what it says, unless it shows another one: then what is shown counts. */
  function readMailto(link) {
    if (!isSeen(link) || !isLegible(link)) return;
    const meant = addressesIn(schemeless(link).split("?")[0]);
    const says = addressesIn(seenTextOf(link, 2000));
    const conflict = says.some((address) => !meant.includes(address));
    const send = conflict ? reportUnrendered : report;
    send("mailto", link.getAttribute("href"), link, labelOf(link));
  }

  function readMicrodata(element) {
    const names = `${element.getAttribute("itemprop") ?? ""} ${element.getAttribute("property") ?? ""}`;
    if (!/(^|[\s:/])email(\s|$)/i.test(names)) return;
    // Values that are never rendered stand for the item around them.
    const unseen = element.localName === "meta" || element.localName === "link";
    if (!isSeen(unseen ? parentOf(element) : element)) return;
    const attribute = element.getAttribute("content") ?? element.getAttribute("href");
    const item = (element.closest("[itemtype]")?.getAttribute("itemtype") ?? "").split("/").pop();
    if (attribute === null) report("microdata", seenTextOf(element, 2000), element, item);
    else reportUnrendered("microdata", attribute, element, item);
  }

  /** E-mail properties of a JSON-LD block, labelled by the type of the thing that has them. */
  function readJson(script) {
    if (script.textContent.length > MAX_JSON) return;
    let json;
    try {
      json = JSON.parse(script.textContent);
    } catch {
      return;
    }
    const visit = (value, type, depth) => {
      if (depth > 12 || typeof value !== "object" || value === null || exhausted()) return;
      const own = [value["@type"] ?? type].flat().join(" ");
      for (const [key, inner] of Object.entries(value)) {
        if (key === "email") for (const email of [inner].flat()) if (typeof email === "string") reportUnrendered("jsonld", email, script, own);
        visit(inner, own, depth + 1);
      }
    };
    visit(json, "", 0);
  }

  function readSelection() {
    const selection = getSelection();
    if (!selection?.rangeCount || selection.isCollapsed) return;
    const text = selection.toString().slice(0, 4000);
    const { commonAncestorContainer: node } = selection.getRangeAt(0);
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    if (element) for (const { value } of tokens(text)) report("selection", value, element);
  }

  /** Whether this frame is rendered in the page around it, as far as that page lets itself be seen. */
  function isFrameSeen() {
    if (innerWidth < 2 || innerHeight < 2) return false;
    try {
      const frame = window.frameElement;
      if (!frame) return true;
      if (isConcealed(frame)) return false;
      const { right, bottom } = frame.getBoundingClientRect();
      return frame.checkVisibility(RENDERED) && right + parent.scrollX > 1 && bottom + parent.scrollY > 1;
    } catch {
      return true;
    }
  }

  if (document.documentElement && isFrameSeen()) {
    readSelection();
    for (const node of pieces(document)) {
      if (node.nodeType === Node.TEXT_NODE) readText(node);
      else readElement(node);
    }
    judgeUnrendered();
  }
  const milliseconds = performance.now() - start;
  return { version: 1, url: location.href, title: document.title.slice(0, MAX_VALUE), truncated, milliseconds, facts };
})();
