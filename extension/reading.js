// Has pages read by the collector.

/**
 * Reads a page, in all frames that the click opened. Recipes of the relay are data there, never code: they are laid ready for
 * the collector, which is a file, and files are given no arguments. So readings of a tab take turns, whichever script of the
 * extension they are for. A frame that was read with others, because it was made in between, counts as one that could not be
 * read.
 */
export function read(tabId, recipes) {
  return navigator.locks.request(`page ${tabId}`, () => readInTurn(tabId, recipes));
}

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
