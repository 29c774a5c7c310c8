// Has pages read by the collector, and begins early with the one that a popup was opened for: reading takes as long as starting
// the core, which decides what is made of it.

import { collector } from "./collector.js";

/** Reads a page, in all frames that the click opened. Recipes of the relay are data there, never code. */
export const read = (tabId, recipes) =>
  chrome.scripting.executeScript({ target: { tabId, allFrames: true }, func: collector, args: [recipes] });

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
