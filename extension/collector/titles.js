// What the sections that something stands in are called: by headings, tabs, dialogs, and whatever else can be opened and closed.

const HEADING = "h1, h2, h3, h4, h5, h6, [role=heading]";
const HEADINGS = new Set(["H2", "H3", "H4", "H5", "H6", "LEGEND", "CAPTION", "SUMMARY"]);
/** The most that is looked at to find a title, outwards and before. */
const [MAX_OUT, MAX_EARLIER, MAX_ROWS] = [12, 6, 24];

/** The heading of the section that an element is in: the nearest one that stands before it or before what it is in. */
const headingAbove = kept((element) => {
  for (let at = element, depth = 0; at && depth < MAX_OUT; at = parentOf(at), depth += 1) {
    for (let earlier = earlierOf(at), steps = 0; earlier && steps < MAX_ROWS; earlier = earlierOf(earlier), steps += 1) {
      const heading = headingIn(earlier, steps < MAX_EARLIER);
      if (heading) return tagOf(heading) === "H1" ? "" : textOf(heading);
    }
    const own = attributeOf(at, "role") === "region" || tagOf(at) === "SECTION" ? attributeOf(at, "aria-label") : "";
    if (own) return own;
  }
  return "";
});

/** An element that is a heading, or, if it is `near`, the one in it if it holds little else. */
function headingIn(element, near) {
  if (HEADINGS.has(tagOf(element)) || matches.call(element, HEADING)) return element;
  if (!near) return null;
  const inner = querySelector.call(element, HEADING);
  return inner && isShort(textOf(element)) ? inner : null;
}

function isShort(text) {
  return text.length <= MAX_LABEL && !text.includes("@");
}

/** Likewise of all that the section is in, as far as it says so by itself. */
const titlesAround = kept((element) => {
  const parent = parentOf(element);
  const outer = parent && element !== bodyElement() ? titlesAround(parent) : [];
  const title = titleOf(element);
  return title && isShort(title) ? [title, ...outer] : outer;
});

const TITLED = "dialog, fieldset, section, form, article, [role=tabpanel], [role=dialog], [role=alertdialog], [role=region], [role=group], [role=form], [role=article]";
const DIALOGS = "dialog, [role=dialog], [role=alertdialog]";
const TABS = "ul, ol, [role=tablist], [class~=tabs], [class*='-tabs' i], [class*=tablist i]";
const CHOSEN = "[role=tab][aria-selected=true], .active, .selected, .current, [aria-current=page], [aria-current=true]";
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
  for (let earlier = earlierOf(element), steps = 0; earlier && steps < MAX_EARLIER; earlier = earlierOf(earlier), steps += 1) {
    const opener = matches.call(earlier, OPENED) ? earlier : null;
    const chosen = !opener && matches.call(earlier, TABS) && isBelowTitle(earlier) ? querySelector.call(earlier, CHOSEN) : null;
    if (opener || chosen) return textOf(opener ?? chosen);
  }
  return "";
}

/** The row over all columns that a row of a table is below. */
function titleOfRows(row) {
  for (let earlier = earlierOf(row), steps = 0; earlier && steps < MAX_ROWS; earlier = earlierOf(earlier), steps += 1) {
    const cell = getFirstElement.call(earlier);
    if (cell && !getLater.call(cell) && cell.colSpan > 1) return textOf(cell);
  }
  return "";
}

/** Whether an element comes after the page's own title: tabs before that are those of the whole CRM. */
function isBelowTitle(element) {
  const title = queryDocument.call(documentOf(element), "h1")[0];
  return Boolean(title) && (compareDocumentPosition.call(title, element) & 4) > 0;
}

/** The label of the field before the one that has a value, in a list of fields. */
function fieldBefore(element) {
  for (let at = element, depth = 0; at && depth < 5; at = parentOf(at), depth += 1) {
    if (tagOf(at) === "DD") {
      let term = at;
      while (term && tagOf(term) !== "DT") term = earlierOf(term);
      return (term && earlierOf(term) && termOf(earlierOf(term))) ?? "";
    }
    const earlier = earlierOf(at);
    if (earlier && [at, earlier].every(isField)) return textOf(getFirstElement.call(earlier));
  }
  return "";
}

/** Whether an element may be a field with its label. */
function isField(element) {
  const first = getFirstElement.call(element);
  return Boolean(first && getLater.call(first)) && isShort(textOf(first));
}
