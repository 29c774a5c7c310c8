// Whether something lies over what is reported: a panel over a record, for instance. Only what is in view can be asked.

const OPAQUE = new Set(["IMG", "VIDEO", "CANVAS", "IFRAME", "EMBED", "OBJECT"]);

function isWithinBox({ left, top, right, bottom }, x, y) {
  return x >= left && x < right && y >= top && y < bottom;
}

const opacityOf = kept((element) => {
  const parent = parentOf(element);
  return Number(styleOf(element).opacity) * (parent ? opacityOf(parent) : 1);
});

/** Whether nothing can be seen through an element. Dim backdrops and stretched links are seen through. */
const isOpaque = kept((element) => {
  if (opacityOf(element) < 0.9) return false;
  const { backgroundColor, backgroundImage } = styleOf(element);
  if (OPAQUE.has(tagOf(element)) || (colourOf(backgroundColor)?.[3] ?? 0) >= 0.9) return true;
  return backgroundImage !== "none" && !/transparent|rgba\(|\/ 0?\./.test(backgroundImage);
});

/** Whether an element is, or is in, a bar that stays while the page is scrolled: what is below it comes out again. */
const isInBar = kept((element) => {
  const height = documentOf(element).defaultView.innerHeight / 4;
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

/** Whether an element, or text in it of which these are the boxes, is under another one where it is in view. */
function isBelow(element, boxes = rectsOf(element)) {
  const box = boxes.find((box) => isReachable(box, element));
  return Boolean(box) && isCoveredAt(element, (box.left + box.right) / 2, (box.top + box.bottom) / 2);
}

function isCoveredAt(element, x, y) {
  const view = documentOf(element).defaultView;
  if (x < 0 || y < 0 || x >= view.innerWidth || y >= view.innerHeight) return false;
  // What is scrolled out of a box is below other things, and comes out again.
  if (!aroundOf(element).cutters.every(({ frame }) => isWithinBox(frame, x, y))) return false;
  for (let at = element; at; at = rootOf(at).host) {
    const root = rootOf(at);
    const { elementFromPoint, elementsFromPoint } = getNodeType.call(root) === 11 ? ShadowRoot.prototype : Document.prototype;
    // Mostly it is on top, which is told much quicker than all that is there.
    const top = elementFromPoint.call(root, x, y);
    const hits = top && contains.call(at, top) ? [] : elementsFromPoint.call(root, x, y);
    for (const hit of hits) {
      if (contains.call(at, hit)) break;
      // What is around it is behind it, unless it has been put behind that.
      if (contains.call(hit, at)) {
        if (isOpaque(hit) && hits.some((other) => contains.call(at, other))) return true;
        break;
      }
      // What is no aim of the pointer is passed over, so that it is not known what is above it.
      if (styleOf(element).pointerEvents === "none" && !isFixed(hit)) continue;
      if (isOpaque(hit) && rectsOf(hit).some((box) => isWithinBox(box, x, y)) && !isInBar(hit)) return true;
    }
  }
  return isFrameCoveredAt(view, x, y);
}

/** The same in the page around, as far as that lets itself be seen. */
function isFrameCoveredAt(view, x, y) {
  try {
    const frame = view.frameElement;
    if (!frame) return false;
    const { left, top } = frame.getBoundingClientRect();
    return isCoveredAt(frame, x + left + frame.clientLeft, y + top + frame.clientTop);
  } catch {
    return false;
  }
}
