// Whether a person can see an element: rendered, in reach, not clipped away or made transparent.

const RENDERED = { opacityProperty: true, visibilityProperty: true };
/** Pixels of a box in which nothing can be read. */
const TINY = 8;
/** How opaque something must be to be noticed. */
const FAINT = 0.2;

const computed = getComputedStyle.bind(window);
const styleOf = kept((element) => computed(element));
const [styleBefore, styleAfter] = ["::before", "::after"].map((pseudo) => kept((element) => computed(element, pseudo)));

/** How opaque an element is by its own style, or 0 if it hides what is in it by other means than not being rendered. */
function ownStrength(element) {
  const style = styleOf(element);
  const hidden =
    attributeOf(element, "aria-hidden") === "true" ||
    style.contentVisibility === "hidden" ||
    (style.clip !== "auto" && isTinyClip(style.clip)) ||
    leavesNothing(style.clipPath);
  if (hidden) return 0;
  let strength = Number(style.opacity);
  if (style.filter !== "none") {
    for (const [, number, percent] of style.filter.matchAll(/opacity\(([\d.]+)(%?)\)/g)) strength *= number / (percent ? 100 : 1);
  }
  return strength;
}

const NOTHING_AROUND = { strength: 1, veil: UNVEILED, clipPaths: [] };

/**
 * What an element and all that is around it do to what is in it: how much comes through them together, and through the
 * frames that they are in; and in their own page their clip paths.
 */
const aroundOf = kept((element) => {
  const parent = parentOf(element);
  const outer = parent ?? frameAround(viewOf(element));
  let { strength, veil, clipPaths } = outer ? aroundOf(outer) : NOTHING_AROUND;
  if (!parent) clipPaths = [];
  const style = styleOf(element);
  const { clipPath } = style;
  strength = strength < FAINT ? 0 : strength * ownStrength(element);
  veil = veiledBy(style, veil);
  if (clipPath !== "none") clipPaths = [{ clipPath, element }, ...clipPaths];
  return { strength, veil, clipPaths };
});

/** The frame that shows a page, as far as it lets itself be seen. */
function frameAround(view) {
  try {
    return view.frameElement;
  } catch {
    return null;
  }
}

/** Whether an element is its document's root or body, whose overflow is the window's. */
function isPage(element) {
  return element === rootElement() || element === bodyElement() || (documentOf(element) !== document && /^(html|body)$/i.test(tagOf(element)));
}

/** Whether an element is concealed by itself or by all that is around it together. */
function isConcealed(element) {
  return aroundOf(element).strength < FAINT;
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

/** Whether the clip paths, if there are any, leave the middle of a box, here and in the pages around. */
function passesClipPaths(box, element) {
  return passesClipPathsAt(element, (box.left + box.right) / 2, (box.top + box.bottom) / 2);
}

/** The same for a point. Out of view the browser cannot be asked, and shapes other than an inset are taken to pass it. */
function passesClipPathsAt(element, x, y) {
  const { clipPaths } = aroundOf(element);
  if (clipPaths.length === 0 && !FRAMED) return true;
  const view = viewOf(element);
  if (clipPaths.length > 0) {
    const passes = isInView(view, x, y)
      ? hitsAt(rootOf(element), x, y).some((hit) => contains.call(element, hit))
      : clipPaths.every((path) => isWithinInset(path, x, y));
    if (!passes) return false;
  }
  return inFrameAround(view, x, y, passesClipPathsAt) ?? true;
}

const INSET = /^inset\(([^c)]*)\)/;

/** Whether a point is where an inset leaves it, if the clip path is one. */
function isWithinInset({ clipPath, element }, x, y) {
  const [, inner] = INSET.exec(clipPath) ?? [];
  if (inner === undefined) return true;
  const { left, top, right, bottom, width, height } = rectOf(element);
  const [above, after = above, below = above, before = after] = inner.split(" round ")[0].split(" ");
  const pixels = (side, whole) => (parseFloat(side) * (side.endsWith("%") ? whole / 100 : 1));
  return y >= top + pixels(above, height) && y < bottom - pixels(below, height) && x >= left + pixels(before, width) && x < right - pixels(after, width);
}

const FRAMED = window !== window.parent;

function isInView({ innerWidth, innerHeight }, x, y) {
  return x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
}

/** All that is at a point of a document or shadow tree, the uppermost first. */
function hitsAt(root, x, y) {
  const { elementsFromPoint } = getNodeType.call(root) === 11 ? ShadowRoot.prototype : Document.prototype;
  return elementsFromPoint.call(root, x, y);
}

/**
 * What a question about the same point in the page around is answered with, as far as that lets itself be seen. A point out
 * of the frame's own view is taken to be scrolled to its middle.
 */
function inFrameAround(view, x, y, question) {
  try {
    const frame = view.frameElement;
    if (!frame) return undefined;
    const { left, top, width, height } = frame.getBoundingClientRect();
    const shown = (at, whole) => (at >= 0 && at < whole ? at : whole / 2);
    const across = (shown(x, view.innerWidth) + frame.clientLeft) * (width / frame.offsetWidth);
    const down = (shown(y, view.innerHeight) + frame.clientTop) * (height / frame.offsetHeight);
    return question(frame, left + across, top + down);
  } catch {
    return undefined;
  }
}

/** Whether an element, or text in it of which these are the boxes, is rendered where a person can see it. */
function isSeen(element, boxes = rectsOf(element)) {
  if (styleOf(element).visibility !== "visible") return false;
  let boxed = element;
  while (boxed && styleOf(boxed).display === "contents") boxed = parentOf(boxed);
  if (!boxed || !checkVisibility.call(boxed, RENDERED)) return false;
  if (isConcealed(element)) return false;
  return boxes.some((box) => isReachable(box, element) && passesClipPaths(box, boxed));
}

function isTextSeen(node) {
  const parent = getParentElement.call(node);
  if (!parent || (tagOf(parent) === "DETAILS" && !parent.open)) return false;
  // What is not rendered at all is told quickest.
  const boxes = boxesOf(node);
  return boxes.length > 0 && isSeen(parent, boxes) && isLegible(parent);
}

/** The boxes of a text. */
const boxesOf = kept((text) => rectsWithin(text, 0, dataOf(text).length));

/** Whether this frame is rendered in the pages around it, as far as those let themselves be seen. */
function isFrameSeen() {
  try {
    for (let view = window; ; view = view.parent) {
      if (view.innerWidth < TINY || view.innerHeight < TINY) return false;
      const frame = view.frameElement;
      if (!frame) return true;
      const box = frame.getBoundingClientRect();
      const sized = box.width >= TINY && box.height >= TINY;
      if (!sized || isConcealed(frame) || !frame.checkVisibility(RENDERED) || !isReachable(asBox(box), frame)) return false;
    }
  } catch {
    return true;
  }
}
