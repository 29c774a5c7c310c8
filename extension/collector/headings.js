// Where a page says in large letters whom it is about: compared with the name that the broker has, and kept nowhere.

const TITLES = ["h1", "h2", "h3", "[role=heading]"];
const MAX_HEADINGS = 20;
const headings = [];
/** The first heading of the first order. */
let name, marginal;

function readHeadings(tree) {
  for (const heading of selectedByAny(tree, TITLES)) {
    if (headings.length >= MAX_HEADINGS || exhausted()) return;
    // What people wrote has headings, too.
    if (OTHERS.has(regionOf(heading))) continue;
    const text = seenTextOf(heading, MAX_VALUE, true).trim();
    if (!text) continue;
    headings.push(text.slice(0, MAX_VALUE));
    if (tagOf(heading) !== "H1" && attributeOf(heading, "aria-level") !== "1") continue;
    // One in the page's own margins may be the program's.
    if (isInMainPart(heading)) name ??= text.slice(0, MAX_VALUE);
    else marginal ??= text.slice(0, MAX_VALUE);
  }
}
