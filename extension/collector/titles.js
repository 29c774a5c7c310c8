// What the sections that something stands in are called: by headings, tabs, dialogs, and whatever else can be opened and closed.

const HEADING = "h1, h2, h3, h4, h5, h6, [role=heading]";
const HEADINGS = "legend, caption, summary";
/** The most that is looked at before an element to find a title: whether it has one in it, and whether it is one. */
const [MAX_EARLIER, MAX_ROWS] = [6, 24];

/** What an element is in: in its own page, or of the page around that. */
const outerOf = (element) => parentOf(element) ?? frameAround(viewOf(element));

/**
 * The headings of the sections that an element is in, from the inside outwards, up to that of the page: of each that stands
 * before it or before what it is in the nearest one, and those of a higher order before that.
 */
const headingsAbove = kept((element) => {
  const found = [];
  // What labels are called in a list of fields.
  let labels;
  let least = Infinity;
  for (let earlier = earlierOf(element), steps = 0; earlier && steps < MAX_ROWS; earlier = earlierOf(earlier), steps += 1) {
    const heading = headingIn(earlier, steps < MAX_EARLIER && element);
    const order = heading ? orderOf(heading) : 0;
    if (order >= least) continue;
    if (heading && isPageTitle(heading)) return found;
    const called = attributeOf(earlier, "class");
    if (heading || (found.length === 0 && isCaptionOf(earlier, element, steps, called === labels))) {
      found.push({ title: titleText(heading ?? earlier), heading });
      if (heading) least = order;
    } else if (steps < MAX_EARLIER && EMAIL_WORD.test(textOf(earlier))) labels ??= called;
  }
  const own = attributeOf(element, "role") === "region" || tagOf(element) === "SECTION" ? attributeOf(element, "aria-label") : "";
  const outer = outerOf(element);
  return [...found, ...(own ? [{ title: own, heading: true }] : []), ...(outer ? headingsAbove(outer) : [])];
});

const headingAbove = (element) => headingsAbove(element).find(({ heading }) => heading)?.title ?? "";

/**
 * The other ones: those around that, and what only looks like one, if it is the nearest of all. Further out it may be the line
 * with which the record begins.
 */
const otherTitles = kept((element) => {
  const all = headingsAbove(element);
  const nearest = all.findIndex(({ heading }) => heading);
  return all.filter(({ heading }, index) => (heading ? index !== nearest : index === 0)).map(({ title }) => title);
});

/** Of which order a heading is. */
function orderOf(heading) {
  return Number(attributeOf(heading, "aria-level") ?? /^H(\d)$/.exec(tagOf(heading))?.[1] ?? 7);
}

/** An element that is a heading, or the one in it that holds little else, if it is `near` something, and in the same part of the page. */
function headingIn(element, near) {
  if (matches.call(element, `${HEADING}, ${HEADINGS}`)) return element;
  if (!near) return null;
  const content = contentOf(element);
  const inner = firstIn(content, HEADING);
  return inner && isShort(textOf(content)) && (isInMainPart(inner) || regionOf(inner) === regionOf(near) || isInHeader(inner)) ? inner : null;
}

/** An element, or what a component shows in its place. */
const contentOf = (element) => (tagOf(element).includes("-") && shadowOf(element)) || element;

const firstIn = (content, selector) => (isElement(content) ? querySelector : findShadow).call(content, selector);

/** Whether a heading is that of the whole page. */
function isPageTitle(heading) {
  return tagOf(heading) === "H1" && (heading === firstHeading() || documentOf(heading) !== document || pageTitle.includes(textOf(heading)));
}

/** Whether an element is in the header of a part of the page, which follows upon the page's own title. */
function isInHeader(element) {
  const title = firstHeading();
  return regionOf(element) === "header" && Boolean(title) && documentOf(element) === document && precedes(title, element);
}

const firstHeading = () => (named ?? marginal)?.heading;

function isShort(text) {
  return text.length <= MAX_LABEL && !text.includes("@");
}

const CAPTIONS = ["title", "head", "caption", "legend"].map((word) => `[class*=${word} i]:not([class*=sub i])`).join();
const FIELDS = "input, select, textarea";

const WORD = lettered(String.raw`[\p{L}]{3}`);

/** Whether an element is what a section is called though it is no heading by its markup: it is called so, or stands out before it. */
function isCaptionOf(earlier, element, steps, label) {
  const text = textOf(earlier);
  if (label || !isShort(text) || !WORD.test(text) || tagOf(earlier) === "LABEL" || EMAIL_FIELD.test(text) || querySelector.call(earlier, FIELDS)) return false;
  if (!matches.call(earlier, CAPTIONS)) {
    if (steps > 0 && earlierOf(earlier) && !isBeforeRows(earlier, element)) return false;
    const inner = innermost(earlier);
    if (!inner || !standsOut(styleOf(inner), styleOf(innermost(element) ?? element))) return false;
  }
  return !isBarOfPage(earlier) && isSeen(earlier);
}

/** Whether nothing but fields with their labels stands between an element and another one. */
function isBeforeRows(earlier, element) {
  for (let at = earlierOf(element); at && at !== earlier; at = earlierOf(at)) if (!isRow(at)) return false;
  return true;
}

/** Whether an element is the bar at the top of the page, which is the program's. */
function isBarOfPage(element) {
  if (["nav", "footer"].includes(regionOf(element))) return true;
  return regionOf(element) === "header" ? !isInHeader(element) : !FRAMED && rectOf(element).top + window.scrollY < 2;
}

/** The innermost element that has all of an element's text. */
function innermost(element) {
  const text = textOf(element);
  let at = element;
  for (let part = at; part; ) {
    at = part;
    part = getFirstElement.call(at);
    while (part && !textOf(part)) part = getLater.call(part);
    if (part && textOf(part) !== text) return null;
  }
  return at;
}

function standsOut(style, other) {
  const [size, usual] = [style, other].map(({ fontSize }) => parseFloat(fontSize));
  const bold = size > 0.95 * usual && Number(style.fontWeight) >= 600 && Number(other.fontWeight) < 600;
  return size > 1.15 * usual || bold || (style.textTransform === "uppercase" && other.textTransform !== "uppercase");
}

/** What a title says, without what is pressed beside it, and without addresses. */
function titleText(element) {
  let text = "";
  for (let part = getFirst.call(element); part; part = getAfter.call(part)) {
    const pressed = isElement(part) && matches.call(part, "a, button, [role=button]");
    if (isText(part) || (isElement(part) && !(pressed && LETTER.test(text)))) text += ` ${getText.call(part)}`;
  }
  const said = text.replace(/\s+/gu, " ").trim();
  return said.replace(/\S+@\S+/gu, "").slice(0, MAX_LABEL);
}

/** Likewise of all that the section is in, as far as it says so by itself. */
const titlesAround = kept((element) => {
  const outer = outerOf(element);
  const titles = outer ? titlesAround(outer) : [];
  const title = element !== bodyElement() && titleOf(element).replace(/\S+@\S+/gu, "").trim();
  return title ? [title.slice(0, MAX_LABEL), ...titles] : titles;
});

const TITLED = "dialog, fieldset, section, form, article, [role=tabpanel], [role=dialog], [role=alertdialog], [role=region], [role=group], [role=form], [role=article]";
const DIALOGS = "dialog, [role=dialog], [role=alertdialog]";
const TABS = "[role=tablist], [class~=tabs i], [class*='-tabs' i], [class*='tab-' i], [class*=tablist i], [class*=tabbar i]";
const LISTS = `${TABS}, ul, ol, nav, [class*=step i]`;
const CHOSEN = "[aria-selected=true], [aria-current]:not([aria-current=false]), [data-state=active]";
const CALLED_CHOSEN = /(^|[\s_-])(is-?)?(active|selected|current|chosen)(?=$|[\s_-])|[a-z](Active|Selected|Current)\b/;
const OPENED = "[aria-expanded=true]";

function titleOf(element) {
  const tag = tagOf(element);
  if (tag === "TR") return titleOfRows(element);
  if (tag === "DETAILS") return textOf(querySelector.call(element, "summary"));
  if (matches.call(element, TITLED)) {
    const named = byIds(element, "aria-labelledby") || attributeOf(element, "aria-label");
    if (named) return named;
    if (tag === "FIELDSET") return textOf(querySelector.call(element, "legend"));
    if (matches.call(element, DIALOGS)) return textOf(querySelector.call(element, `${HEADING}, [class*=title i]`));
  }
  let odd = "";
  for (let earlier = earlierOf(element), steps = 0; earlier && steps < MAX_EARLIER; earlier = earlierOf(earlier), steps += 1) {
    const { list, chosen } = chosenIn(earlier);
    const title = openerOf(earlier, element, steps) || chosen;
    if (title) return title;
    // Where nothing is said to be chosen: what looks so.
    if (list) odd ||= textOf(unlikeOthers(list));
  }
  return odd;
}

/** What opens and closes an element, if that stands before it. */
function openerOf(earlier, element, steps) {
  if (!isShort(textOf(earlier).replace(/\S+@\S+/gu, ""))) return "";
  const opener = matches.call(earlier, OPENED) ? earlier : querySelector.call(earlier, OPENED);
  if (!opener) return "";
  const controls = CSS.escape(attributeOf(opener, "aria-controls") || "-");
  const fits = steps === 0 || matches.call(element, `#${controls}`) || querySelector.call(element, `#${controls}`);
  return fits ? textOf(opener) : "";
}

/** A list in an element that holds little else, and what is said to be chosen there. */
const chosenIn = kept((element) => {
  const content = contentOf(element);
  const list = matches.call(element, LISTS) ? element : firstIn(content, LISTS);
  if (!list || textOf(list) !== textOf(content) || !isOfSections(list)) return {};
  const said = [...queryAll.call(list, CHOSEN)];
  const called = [...queryAll.call(list, "[class]:not([aria-selected=false])")].filter((tab) => CALLED_CHOSEN.test(attributeOf(tab, "class")));
  const texts = (said.length > 0 ? said : called).map((tab) => textOf(tab)).filter((text) => LETTER.test(text));
  return { list, chosen: [...new Set(texts)].join(" / ") };
});

/** The one part of a list that looks otherwise than all others. */
function unlikeOthers(list) {
  const parts = [];
  for (let part = getFirstElement.call(list); part && parts.length < MAX_ROWS; part = getLater.call(part)) {
    if (textOf(part)) parts.push({ part, look: lookOf(innermost(part) ?? part) + lookOf(part) });
  }
  const odd = parts.filter(({ look }) => parts.filter((other) => other.look === look).length === 1);
  return parts.length > 2 && odd.length === 1 && !matches.call(odd[0].part, `${HEADING}, button`) ? odd[0].part : null;
}

function lookOf(element) {
  const { color, backgroundColor, borderBottom, fontWeight } = styleOf(element);
  return [color, backgroundColor, borderBottom, fontWeight].join();
}

/** Whether a list may lead to sections of the page: those before its title, or in its margins, lead to other pages. */
function isOfSections(list) {
  const title = documentOf(list) === document && firstHeading();
  return title ? precedes(title, list) : matches.call(list, `${TABS}, ol:not([class*=crumb i])`) && isInMainPart(list);
}

/** The row over all columns that a row of a table is below. */
function titleOfRows(row) {
  for (let earlier = earlierOf(row), steps = 0; earlier && steps < MAX_ROWS; earlier = earlierOf(earlier), steps += 1) {
    const cell = getFirstElement.call(earlier);
    if (cell && !getLater.call(cell) && cell.colSpan > 1 && isShort(textOf(cell))) return textOf(cell);
  }
  return "";
}
