// Runs in each frame of a page, once a person has clicked, and returns what it sees there as plain facts. It decides
// nothing and changes nothing. The page may be hostile: what a person could not see there is not reported.

function collect() {
  if (rootElement() && isFrameSeen()) {
    read.push(...trees(document));
    for (const tree of read) readHeadings(tree);
    for (const tree of read) readPeople(tree);
    sortPeople();
    readSelection();
    for (const tree of read) {
      readRecipe(tree);
      for (const node of texts(tree)) if (!exhausted()) readText(node);
      for (const element of worthwhile(tree)) if (!exhausted()) readElement(element);
    }
    judgeUnrendered();
  }
  const title = regionAround() ? "" : pageTitle.slice(0, MAX_VALUE);
  const name = nameOfPage();
  return { version: 2, reading, url: location.href, title, truncated, unusable, unsure: isUnsure(), milliseconds: now() - start, facts, headings, name, called: folded(name ?? ""), proper: folded(properWords(name ?? "").join(" ")), people, vacant };
}
