// Whether something lies over what is reported: a panel over a record, for instance. Only what is in view can be asked.

const OPAQUE = new Set(["IMG", "VIDEO", "CANVAS", "IFRAME", "EMBED", "OBJECT"]);

function isWithinBox({ left, top, right, bottom }, x, y) {
  return x >= left && x < right && y >= top && y < bottom;
}

const opacityOf = kept((element) => {
  const parent = parentOf(element);
  return Number(styleOf(element).opacity) * (parent ? opacityOf(parent) : 1);
});

function isOpaqueStyle({ backgroundColor, backgroundImage }) {
  if ((colourOf(backgroundColor)?.[3] ?? 0) >= 0.9) return true;
  return backgroundImage !== "none" && !/transparent|rgba\(|\/ 0?\./.test(backgroundImage);
}

/** Whether nothing can be seen through an element. Dim backdrops and stretched links are seen through. */
const isOpaque = kept((element) => opacityOf(element) >= 0.9 && (OPAQUE.has(tagOf(element)) || isOpaqueStyle(styleOf(element))));

/** Whether a style sheet puts something opaque over a point by an element's ::before or ::after. */
function hasCoverAt(element, x, y) {
  return [styleBefore(element), styleAfter(element)].some((style) => {
    if (style.content === "none" || style.content === "normal" || !/absolute|fixed/.test(style.position) || parseInt(style.zIndex) < 0 || style.visibility !== "visible") return false;
    if (Number(style.opacity) * opacityOf(element) < 0.9 || !(isOpaqueStyle(style) || style.content.startsWith("url("))) return false;
    let around = element;
    while (around && styleOf(around).position === "static" && styleOf(around).transform === "none") around = parentOf(around);
    const from = style.position === "fixed" || !around ? { left: 0, top: 0 } : paddingBoxOf(around);
    const left = from.left + sum(style, "left", "marginLeft");
    const top = from.top + sum(style, "top", "marginTop");
    const bordered = style.boxSizing === "border-box";
    const right = sum(style, "width", ...(bordered ? [] : ["paddingLeft", "paddingRight", "borderLeftWidth", "borderRightWidth"]));
    const bottom = sum(style, "height", ...(bordered ? [] : ["paddingTop", "paddingBottom", "borderTopWidth", "borderBottomWidth"]));
    // What is squeezed flat has no inverse, and no point is within it.
    const [fromLeft, fromTop] = style.transformOrigin.split(" ").map(parseFloat);
    const moved = new DOMMatrix(style.transform).inverse().transformPoint({ x: x - left - fromLeft, y: y - top - fromTop });
    return isWithinBox({ left: 0, top: 0, right, bottom }, moved.x + fromLeft, moved.y + fromTop);
  });
}

function sum(style, ...names) {
  return names.reduce((total, name) => total + (parseFloat(style[name]) || 0), 0);
}

function paddingBoxOf(element) {
  const { left, top } = rectOf(element);
  return { left: left + getClientLeft.call(element), top: top + getClientTop.call(element) };
}

/** Whether an element is, or is in, a bar that stays while the page is scrolled: what is below it comes out again. */
const isInBar = kept((element) => {
  const height = viewOf(element).innerHeight / 4;
  for (let at = element; at; at = parentOf(at)) {
    if (/fixed|sticky/.test(styleOf(at).position) && rectOf(at).height < height) return true;
  }
  return false;
});

const isFixed = kept((element) => styleOf(element).position === "fixed" || Boolean(parentOf(element) && isFixed(parentOf(element))));

/** Whether an element in the main part is covered. Elsewhere nothing is proposed anyway, and asking is slow. */
function isCovered(element, boxes) {
  return isInMainPart(element) && isBelow(element, boxes);
}

/** Whether an element, or text in it of which these are the boxes, is under another one where it is in view, or veiled. */
function isBelow(element, boxes = rectsOf(element)) {
  if (isVeil(aroundOf(element).veil)) return true;
  const box = boxes.find((box) => isReachable(box, element));
  if (box && isLeftOut(box, documentOf(element))) return true;
  return Boolean(box) && isCoveredAt(element, (box.left + box.right) / 2, (box.top + box.bottom) / 2);
}

function isCoveredAt(element, x, y) {
  const view = viewOf(element);
  // There it is not known what a shape leaves.
  if (!isInView(view, x, y)) return aroundOf(element).clipPaths.some(({ clipPath }) => !INSET.test(clipPath));
  // What is scrolled out of a box is below other things, and comes out again.
  if (!cutsOf(element).flow.every(({ frame }) => isWithinBox(frame, x, y))) return false;
  // What is no aim of the pointer is passed over, so that it is not known what is above it.
  const aimless = styleOf(element).pointerEvents === "none";
  for (let at = element; at; at = hostOf(rootOf(at))) if (isCoveredIn(rootOf(at), at, aimless, x, y)) return true;
  return FRAMED && (inFrameAround(view, x, y, isCoveredAt) ?? false);
}

/** The same within a document or shadow root. */
function isCoveredIn(root, at, aimless, x, y) {
  const { elementFromPoint } = getNodeType.call(root) === 11 ? ShadowRoot.prototype : Document.prototype;
  // Mostly it is on top, which is told much quicker than all that is there.
  const top = elementFromPoint.call(root, x, y);
  if (top && contains.call(at, top)) return isCoveredByItself(top, at, x, y);
  const hits = hitsAt(root, x, y);
  for (const hit of hits) {
    if (contains.call(at, hit)) return isCoveredByItself(hit, at, x, y);
    // What is around it is behind it, unless it has been put behind that.
    if (contains.call(hit, at)) return hits.some((other) => contains.call(at, other)) && (isOpaque(hit) || hasCoverAt(hit, x, y));
    if (aimless && !isFixed(hit)) continue;
    const opaque = (isOpaque(hit) && rectsOf(hit).some((box) => isWithinBox(box, x, y))) || hasCoverAt(hit, x, y);
    if (opaque && !isInBar(hit)) return true;
  }
  return false;
}

/** Whether what is on top within an element is what a style sheet puts over it. */
function isCoveredByItself(top, element, x, y) {
  for (let at = top; at; at = parentOf(at)) {
    if (hasCoverAt(at, x, y)) return true;
    if (at === element) break;
  }
  return false;
}
