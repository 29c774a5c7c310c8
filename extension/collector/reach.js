// Whether a person can bring a box before their eyes: it is in the page, and no box around it cuts it off for good.

const [getClientLeft, getClientTop, getClientWidth, getClientHeight] = ["clientLeft", "clientTop", "clientWidth", "clientHeight"].map((name) => getterOf(Element, name));
const [getScrollLeft, getScrollTop, getScrollWidth, getScrollHeight] = ["scrollLeft", "scrollTop", "scrollWidth", "scrollHeight"].map((name) => getterOf(Element, name));
const getScroller = getterOf(Document, "scrollingElement");

const NOTHING_CUT = { flow: [], absolute: [], fixed: [], holds: false, pinned: null };

/**
 * The boxes that cut off what does not fit into them, from the inside outwards: those around an element (`own`), around what is
 * in it (`flow`), and around what is in it and leaves its place (`absolute`, `fixed`). Whether something around moves what is
 * fixed, and which element around stays where it is in the window.
 */
const cutsOf = kept((element) => {
  const parent = parentOf(element);
  const around = parent ? cutsOf(parent) : NOTHING_CUT;
  const style = styleOf(element);
  const { display, position, overflowX, overflowY } = style;
  if (display === "contents") return { ...around, own: around.flow };
  const own = around[position] ?? around.flow;
  const cuts = (overflowX !== "visible" || overflowY !== "visible") && display !== "inline" && !isWindows(element);
  const flow = cuts ? [{ element, overflowX, overflowY, frame: rectOf(element) }, ...own] : own;
  const moves = isMoved(style);
  return {
    own,
    flow,
    absolute: moves || position !== "static" ? flow : around.absolute,
    fixed: moves ? flow : around.fixed,
    holds: moves || around.holds,
    pinned: position === "fixed" && !around.holds ? element : around.pinned,
  };
});

/** Whether the overflow of an element is the window's. */
function isWindows(element) {
  if (!isPage(element)) return false;
  const root = getRoot.call(documentOf(element));
  const { overflowX, overflowY } = styleOf(root);
  return element === root || (overflowX === "visible" && overflowY === "visible");
}

/** Whether what is fixed in an element goes with it, and not with the window. */
function isMoved({ transform, translate, rotate, scale, perspective, filter, contain, willChange }) {
  const set = [transform, translate, rotate, scale, perspective, filter].some((value) => value && value !== "none");
  return set || /paint|layout|strict|content/.test(contain) || /transform|perspective|filter/.test(willChange);
}

/** What a box around leaves of a box; all of itself, if it can be scrolled to it. */
function within({ left, top, right, bottom }, { element, overflowX, overflowY, frame }) {
  if (overflowX !== "visible") {
    if (frame.width < TINY) return null;
    if (left < frame.left || right > frame.right) {
      if (overflowX === "hidden" || overflowX === "clip") [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
      else if (goesAcross(element, frame.left + getClientLeft.call(element), left, right)) [left, right] = [frame.left, frame.right];
      else return null;
    }
  }
  if (overflowY !== "visible") {
    if (frame.height < TINY) return null;
    if (top < frame.top || bottom > frame.bottom) {
      if (overflowY === "hidden" || overflowY === "clip") [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
      else if (goesDown(element, frame.top + getClientTop.call(element), top, bottom)) [top, bottom] = [frame.top, frame.bottom];
      else return null;
    }
  }
  return right - left >= 2 && bottom - top >= 2 ? { left, top, right, bottom } : null;
}

/** Whether an element, whose inner edge is at `start`, can be scrolled to what is from one place to another. */
function goesAcross(element, start, from, to, { direction } = styleOf(element)) {
  const { display, flexDirection } = styleOf(element);
  const reversed = (direction === "rtl") !== (/flex/.test(display) && flexDirection === "row-reverse");
  return goesTo(start, getClientWidth.call(element), getScrollWidth.call(element), getScrollLeft.call(element), reversed, from, to);
}

function goesDown(element, start, from, to) {
  const { display, flexDirection } = styleOf(element);
  const reversed = /flex/.test(display) && flexDirection === "column-reverse";
  return goesTo(start, getClientHeight.call(element), getScrollHeight.call(element), getScrollTop.call(element), reversed, from, to);
}

/** What begins at the end is scrolled to less than nothing. */
function goesTo(start, size, whole, at, reversed, from, to) {
  const least = start - at - (reversed || at < 0 ? whole - size : 0);
  return to > least + 1 && from < least + Math.max(whole, size);
}

/** Whether the window can be scrolled to a box. */
function isInPage({ left, top, right, bottom }, document) {
  const scroller = getScroller.call(document) ?? getRoot.call(document);
  const direction = styleOf(getBody.call(document) ?? scroller);
  return goesAcross(scroller, 0, left, right, direction) && goesDown(scroller, 0, top, bottom);
}

/** Whether a box is at a side of a window that is kept from being scrolled there: what waits there is drawn in when it is wanted. */
function isLeftOut({ left, right }, document) {
  const root = getRoot.call(document);
  const body = getBody.call(document) ?? root;
  const { overflowX } = styleOf(isWindows(body) ? body : root);
  const locked = overflowX === "hidden" || overflowX === "clip";
  return locked && (right < 1 || left > getClientWidth.call(getScroller.call(document) ?? root) - 1);
}

/** Whether a person can bring this box of an element before their eyes. */
function isReachable(box, element) {
  if (box.width < 2 || box.height < 2) return false;
  const { own, pinned } = cutsOf(element);
  const shown = own.reduce((left, cut) => left && within(left, cut), box);
  return Boolean(shown) && isInPage(shown, documentOf(element)) && (!pinned || isInWindow(pinned));
}

/** Whether any of an element that stays where it is in the window is in it. */
const isInWindow = kept((element) => {
  const { left, top, right, bottom } = rectOf(element);
  const { innerWidth, innerHeight } = viewOf(element);
  // A box without an extent of its own shows what goes beyond it.
  return right === left || bottom === top || (right > 1 && bottom > 1 && left < innerWidth - 1 && top < innerHeight - 1);
});
