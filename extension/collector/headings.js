// Where a page says in large letters whom it is about: compared with the name that the broker has, and kept nowhere.

const TITLES = ["h1", "h2", "h3", "[role=heading]"];
const MAX_HEADINGS = 20;
const headings = [];
const pageTitle = String(getterOf(Document, "title").call(document));
/** The first heading of the first order, and what it says; one in the page's own margins may be the program's. */
let named, marginal;

function readHeadings(tree) {
  for (const heading of selectedByAny(tree, TITLES)) {
    if (headings.length >= MAX_HEADINGS || exhausted()) return;
    // What people wrote has headings, too.
    if (OTHERS.has(regionOf(heading))) continue;
    // It may be written in its place.
    const text = seenTextOf(heading, MAX_VALUE, true).trim() || String(querySelector.call(heading, "input, textarea, select")?.value ?? "").trim();
    if (!text) continue;
    headings.push(text.slice(0, MAX_VALUE));
    if (tagOf(heading) !== "H1" && attributeOf(heading, "aria-level") !== "1") continue;
    if (isInMainPart(heading)) named ??= { heading, text };
    else marginal ??= { heading, text };
  }
}

/** What the page calls itself first: in its first heading of the first order, or in one of another that its title has in it. */
function nameOfPage() {
  const parts = pageTitle.split(/[|·–—:‹›«»/]| - /).map((part) => part.trim());
  const name = (named ?? marginal)?.text ?? headings.find((heading) => parts.includes(heading));
  return name?.slice(0, MAX_VALUE);
}
