// Which hosts a recipe is for. The core decides the same by `host_fits`, and one table of cases holds both.

/** Whether a host is one of a pattern's: a first label "*" stands for one or more labels, other stars for part of one. */
function hostFits(pattern, host) {
  const patterns = pattern.split(".");
  const labels = host.split(".");
  for (;;) {
    const part = patterns.pop();
    const label = labels.pop();
    if (part === undefined || label === undefined) return part === label;
    if (part === "*" && patterns.length === 0) return label !== "";
    if (part !== label && !labelFits(part, label)) return false;
  }
}

function labelFits(pattern, label) {
  const [start, ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined || !label.startsWith(start)) return false;
  // What is between two stars is taken where it comes first, so that most is left for what follows.
  let left = label.slice(start.length);
  for (const part of rest) {
    const found = left.indexOf(part);
    if (found < 0) return false;
    left = left.slice(found + part.length);
  }
  return left.endsWith(end);
}
