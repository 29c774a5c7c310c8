// Has pages read by the collector.

/**
 * Reads a page, in all frames that the click opened. Recipes of the relay are data there, never code: they are laid ready for
 * the collector, which is a file, and files are given no arguments. They stay there, where no page reaches them; each frame says
 * by which recipes it was read. If those are others, all is read once more: the frame was made after they had been laid, or has
 * those of an earlier answer of the relay, or another script of the extension reads the same page. If they are others again, the
 * frame counts as one that was not read.
 */
export async function read(tabId, recipes) {
  const inject = (script) => chrome.scripting.executeScript({ target: { tabId, allFrames: true }, ...script });
  const reading = recipes.length > 0 ? await nameOf(recipes) : "";
  const lay = () => inject({ func: (ready) => void (globalThis.ready = ready), args: [{ reading, recipes }] });
  // Frames that no script may be in have no result.
  const collect = async () => (await inject({ files: ["collector.js"] })).filter(({ result }) => result);
  const isOther = ({ result }) => result.reading !== reading;
  if (reading) await lay();
  let frames = await collect();
  if (frames.some(isOther)) {
    await lay();
    frames = await collect();
  }
  return frames.map((frame) => (isOther(frame) ? { ...frame, result: { url: "", truncated: true } } : frame));
}

/** What tells recipes from others. */
async function nameOf(recipes) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(recipes)));
  return new Uint8Array(digest).join();
}
