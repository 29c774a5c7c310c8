// Recipes: where a CRM that is known has the customer's address, and which parts of its pages are about others. Those that
// the relay gives go before those that are shipped. Which recipe fits is found by the host alone; whether the page is a
// customer's is for the core to judge.

/**
 * The relay's recipes, which lie ready with what tells them from others: a file is given no arguments. Only what is this
 * world's own counts, and not what a page calls so by an id.
 */
const { reading, recipes: given } = Object.hasOwn(globalThis, "ready") ? globalThis.ready : { reading: "", recipes: [] };

/** What hosts of recipes are compared with: the host with its port, unless that is https's own; http only on loopback. */
const place = location.origin.replace(/^https:\/\//, "");
const safe = location.protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

/** The recipe for this frame, and what makes it useless: then the page is treated as one where it finds nothing. */
const { recipe, unusable } = findRecipe();

function findRecipe() {
  try {
    const recipe = [...given, ...RECIPES.recipes].find(({ version = 1, hosts }) => safe && version === 1 && hosts.some((pattern) => hostFits(pattern, place)));
    const selectors = [...(recipe?.at ?? []).flatMap((place) => place.split(" >>> ")), ...(recipe?.ignore ?? [])];
    const unusable = selectors.find((selector) => !isReadable(selector));
    return { unusable, recipe: unusable === undefined ? recipe : undefined };
  } catch {
    // What is given is of no form that is known.
    return { unusable: "?" };
  }
}

/** Whether this browser knows a selector. */
function isReadable(selector) {
  try {
    new DocumentFragment().querySelector(selector);
    return true;
  } catch {
    return false;
  }
}

function isIgnored(element) {
  return Boolean(recipe?.ignore?.length) && matches.call(element, recipe.ignore.join());
}

/** Whether a place that the recipe names is there, and has no address: the others may be of somebody else. */
let vacant = false;

/** What stands where the recipe says, in a document or shadow root. Each ">>>" leads out of a shadow root, or of none. */
function readRecipe(root) {
  for (const place of recipe?.at ?? []) {
    const steps = place.split(" >>> ");
    const last = steps.pop();
    for (const element of selected(root, last)) {
      if (exhausted()) return;
      if (!isWithin(element, steps)) continue;
      const value = fieldValue(element);
      // What is empty has no box that could be seen.
      vacant ||= !value.includes("@") && checkVisibility.call(element, RENDERED) && !isConcealed(element);
      if (!isSeen(element) || !isLegible(element)) continue;
      report("recipe", value, element, "", value.includes(JOINT) || isBelow(element), remarkIn(element, new Map()));
    }
  }
}

function isWithin(element, steps) {
  let at = element;
  for (const step of steps.toReversed()) {
    do at = parentOf(at);
    while (at && !matches.call(at, step));
    if (!at) return false;
  }
  return true;
}

/** The address that a field shows; a link's own text counts, not where it leads. */
function fieldValue(element) {
  return typeof element.value === "string" ? element.value : seenTextOf(element, 400);
}
