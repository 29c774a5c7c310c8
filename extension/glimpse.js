// Shows in the popup itself whom the page is about, by what the relay said last. The background script says the same later: it
// may have to be started, and what was read of the page has to be handed over to it.

import { glimpse, initSync } from "./core/stagedoor_extension_core.js";
import { glimpse as running, memory, ofTab, page, say, tab } from "./early.js";

async function look() {
  const module = await core;
  if (module) initSync(module);
  const [tabId, kept, keptOfTab, read] = await Promise.all([tab, memory, ofTab, page]);
  const view = read && (running ?? glimpse)(tabId, { ...kept, ...keptOfTab }, read.frames);
  // A copy, for what is another page's is gone with that. If that page is gone already, this fails, and the background script
  // that is started in its place says it.
  if (view) say({ type: "view", tabId, view: structuredClone(view), provisional: true });
}

look().catch(console.error);
