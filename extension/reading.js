// Has pages read by the collector, and begins early with the one that a popup was opened for: reading takes as long as starting
// the core, which decides what is made of it.

/**
 * Reads a page, in all frames that the click opened. Recipes of the relay are data there, never code: they are laid ready for
 * the collector, which is a file, and files are given no arguments. A frame that was read with others, because it was made in
 * between, counts as one that could not be read.
 */
export function read(tabId, recipes) {
  const turn = Promise.resolve(turns.get(tabId)).then(() => readInTurn(tabId, recipes));
  const end = turn.catch(() => {}).then(() => turns.get(tabId) === end && turns.delete(tabId));
  turns.set(tabId, end);
  return turn;
}

/** The end of the last reading of each tab. They take turns, because what lies ready is for one. */
const turns = new Map();

async function readInTurn(tabId, recipes) {
  const inject = (script) => chrome.scripting.executeScript({ target: { tabId, allFrames: true }, ...script });
  let reading;
  if (recipes.length > 0) {
    reading = crypto.randomUUID();
    await inject({ func: (ready) => void (globalThis.ready = ready), args: [{ reading, recipes }] });
  }
  const frames = await inject({ files: ["collector.js"] });
  return frames.filter(({ result }) => result?.reading === reading);
}

const settings = () => chrome.storage.local.get(["keyId", "lapsed", "recipes"]).catch(() => ({}));

/** Asked for at once, and good until the core is there, which may change them. */
let atStart = settings();

export function coreIsThere() {
  atStart = undefined;
}

/** What is being read for the popup that was opened last. */
let begun;

/** Begins for a popup. It returns what forgets the reading, because what was read of a page is not kept. */
export function begin(tabId) {
  const own = { tabId, found: find(tabId).catch(() => null) };
  begun = own;
  return () => {
    if (begun === own) begun = undefined;
  };
}

async function find(tabId) {
  const { keyId, lapsed, recipes = [] } = await (atStart ?? settings());
  // Nothing is read for somebody who has not signed in. Where the core then shows something else, what was read is dropped.
  return keyId && !lapsed && { recipes: JSON.stringify(recipes), frames: await read(tabId, recipes) };
}

/**
 * Reads a page for the core. What was begun for a popup will do for its opening, if the recipes are the same, and for nothing
 * else: a page is read again before a login, because it may have gone on to another customer.
 */
export async function readPage(tabId, recipes, opening) {
  if (opening && begun?.tabId === tabId) {
    const found = await begun.found;
    if (found?.recipes === JSON.stringify(recipes)) return found.frames;
  }
  return read(tabId, recipes);
}
