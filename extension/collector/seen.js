// Whether a person can see an element: rendered, in reach, not covered by a clip or made transparent.

const RENDERED = { opacityProperty: true, visibilityProperty: true };
/** Pixels of a box in which nothing can be read. */
const TINY = 8;
/** How opaque something must be to be noticed. */
const FAINT = 0.2;

const styleOf = kept((element) => getComputedStyle(element));

/** How opaque an element is by its own style, or 0 if it hides what is in it by other means than not being rendered. */
function ownStrength(element) {
  const style = styleOf(element);
  const hidden =
    attributeOf(element, "aria-hidden") === "true" ||
    style.contentVisibility === "hidden" ||
    isTinyClip(style.clip) ||
    leavesNothing(style.clipPath);
  if (hidden) return 0;
  let strength = Number(style.opacity);
  if (style.filter !== "none") {
    for (const [, number, percent] of style.filter.matchAll(/opacity\(([\d.]+)(%?)\)/g)) strength *= number / (percent ? 100 : 1);
  }
  return strength;
}

/** How much of an element comes through all that is around it together. */
const strengthOf = kept((element) => {
  const parent = parentOf(element);
  const around = parent ? strengthOf(parent) : 1;
  return around < FAINT ? 0 : around * ownStrength(element);
});

/** Whether an element is concealed by itself or by all that is around it together. */
function isConcealed(element) {
  return strengthOf(element) < FAINT;
}

/** Whether the older kind of clip leaves next to nothing. */
function isTinyClip(clip) {
  const [top, right, bottom, left] = clip.replace(/^rect\(/, "").split(/[ ,]+/).map(parseFloat);
  return right - left < TINY || bottom - top < TINY;
}

/** Whether a clip path is a shape without an area, as far as its own text says that. */
function leavesNothing(clipPath) {
  if (!clipPath || clipPath === "none") return false;
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

/** The elements around an element, itself included, that have a clip path. */
const clipPathsOf = kept((element) => {
  const parent = parentOf(element);
  const around = parent ? clipPathsOf(parent) : [];
  const { clipPath } = styleOf(element);
  return clipPath === "none" ? around : [clipPath, ...around];
});

/** Whether the clip paths, if there are any, leave the middle of a box. Only what is in view can be asked for. */
function passesClipPaths(box, element) {
  const paths = clipPathsOf(element);
  if (paths.length === 0) return true;
  const x = (box.left + box.right) / 2;
  const y = (box.top + box.bottom) / 2;
  // Out of view, shapes that cannot be understood are taken for hiding.
  if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return !paths.some((path) => /^(inset|circle|ellipse|polygon)\(/.test(path));
  return rootOf(element).elementsFromPoint(x, y).some((hit) => Node.prototype.contains.call(element, hit));
}

/** The elements around an element, itself included, that cut off what does not fit into them. */
const cuttersOf = kept((element) => {
  if (element === rootElement() || element === bodyElement() || (documentOf(element) !== document && /^(html|body)$/i.test(tagOf(element)))) return [];
  const parent = parentOf(element);
  const around = parent ? cuttersOf(parent) : [];
  const { overflowX, overflowY, display } = styleOf(element);
  if (display === "inline" || display === "contents" || (overflowX === "visible" && overflowY === "visible")) return around;
  return [{ overflowX, overflowY, frame: rectOf(element) }, ...around];
});

/** Whether the boxes around an element leave anything of this box of it. */
function isUncut(box, element) {
  let { left, top, right, bottom } = box;
  const parent = parentOf(element);
  for (const { overflowX, overflowY, frame } of parent ? cuttersOf(parent) : []) {
    // What is scrolled out of a box that can be scrolled is there for whoever scrolls; a tiny box shows nothing.
    if (overflowX !== "visible") {
      if (frame.width < TINY) return false;
      if (overflowX === "hidden" || overflowX === "clip") [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
    }
    if (overflowY !== "visible") {
      if (frame.height < TINY) return false;
      if (overflowY === "hidden" || overflowY === "clip") [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
    }
  }
  return right - left >= 2 && bottom - top >= 2;
}

/** How far the page goes, for a person who scrolls. */
let extent;

/** Whether a person can bring this box of an element before their eyes. */
function isReachable(box, element) {
  if (box.width < 2 || box.height < 2) return false;
  if (!extent) {
    const page = Object.getOwnPropertyDescriptor(Document.prototype, "scrollingElement").get.call(document) ?? rootElement();
    extent = { width: Math.max(page.scrollWidth, innerWidth), height: Math.max(page.scrollHeight, innerHeight) };
  }
  const left = box.left + scrollX;
  const top = box.top + scrollY;
  const inPage = left + box.width > 1 && top + box.height > 1 && left < extent.width && top < extent.height;
  return inPage && isUncut(box, element);
}

/** Whether an element, or text in it of which these are the boxes, is rendered where a person can see it. */
function isSeen(element, boxes = rectsOf(element)) {
  if (styleOf(element).visibility !== "visible") return false;
  let boxed = element;
  while (boxed && styleOf(boxed).display === "contents") boxed = parentOf(boxed);
  if (!boxed || !Element.prototype.checkVisibility.call(boxed, RENDERED)) return false;
  if (isConcealed(element)) return false;
  return [...boxes].some((box) => isReachable(box, element) && passesClipPaths(box, boxed));
}

function isTextSeen(node) {
  const parent = getParentElement.call(node);
  if (!parent || (tagOf(parent) === "DETAILS" && !parent.open)) return false;
  // What is not rendered at all is told quickest.
  const boxes = boxesOf(node);
  return boxes.length > 0 && isSeen(parent, boxes) && isLegible(parent);
}

function boxesOf(node) {
  const range = new Range();
  range.selectNodeContents(node);
  return range.getClientRects();
}

/** Whether this frame is rendered in the pages around it, as far as those let themselves be seen. */
function isFrameSeen() {
  try {
    for (let view = window; ; view = view.parent) {
      if (view.innerWidth < TINY || view.innerHeight < TINY) return false;
      const frame = view.frameElement;
      if (!frame) return true;
      const box = frame.getBoundingClientRect();
      const { scrollX, scrollY, innerWidth } = view.parent;
      const { scrollWidth } = frame.ownerDocument.documentElement;
      const inPage = box.right + scrollX > 1 && box.bottom + scrollY > 1 && box.left + scrollX < Math.max(scrollWidth, innerWidth);
      const sized = box.width >= TINY && box.height >= TINY;
      if (!inPage || !sized || isConcealed(frame) || !frame.checkVisibility(RENDERED) || !isUncut(box, frame)) return false;
    }
  } catch {
    return true;
  }
}
