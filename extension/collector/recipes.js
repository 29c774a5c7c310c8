// Recipes: where a CRM that is known has the customer's address, and which parts of its pages are about others. Which
// recipe fits is found by the host alone; whether the page is a customer's is for the core to judge.

const recipe = RECIPES.recipes.find(({ hosts }) => location.protocol === "https:" && hosts.some(hostFits));

/** Whether this frame's host is one of a pattern: a first label "*" stands for any labels, other stars for part of one. */
function hostFits(pattern) {
  const labels = pattern.split(".").map((label, index) => (index === 0 && label === "*" ? ".+" : label.replace("*", "[^.]*")));
  return new RegExp(`^${labels.join("\\.")}$`).test(location.hostname);
}

function isIgnored(element) {
  return Boolean(recipe?.ignore) && Element.prototype.matches.call(element, recipe.ignore.join());
}

/** What stands where the recipe says, in a document or shadow root. Each ">>>" leads out of a shadow root, or of none. */
function readRecipe(root) {
  for (const place of recipe?.at ?? []) {
    const steps = place.split(" >>> ");
    const last = steps.pop();
    for (const element of selected(root, last)) {
      if (exhausted()) return;
      if (isWithin(element, steps) && isSeen(element) && isLegible(element)) report("recipe", fieldValue(element), element);
    }
  }
}

function isWithin(element, steps) {
  let at = element;
  for (const step of steps.toReversed()) {
    do at = parentOf(at);
    while (at && !Element.prototype.matches.call(at, step));
    if (!at) return false;
  }
  return true;
}

/** The address that a field shows; a link's own text counts, not where it leads. */
function fieldValue(element) {
  return typeof element.value === "string" ? element.value : seenTextOf(element, 400);
}
