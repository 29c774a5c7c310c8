// Where a page says in large letters whom it is about: compared with the name that the broker has, and kept nowhere.

const TITLES = ["h1", "h2", "h3", "[role=heading]"];
const MAX_HEADINGS = 20;
const headings = [];

function readHeadings(tree) {
  for (const heading of selectedByAny(tree, TITLES)) {
    if (headings.length >= MAX_HEADINGS || exhausted()) return;
    // What people wrote has headings, too.
    if (OTHERS.has(regionOf(heading))) continue;
    const text = seenTextOf(heading, MAX_VALUE).trim();
    if (text) headings.push(text.slice(0, MAX_VALUE));
  }
}
