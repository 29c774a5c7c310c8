// Shows whom the page is about by what the relay said last, in the popup itself: until the background script has been started
// and says the same takes longer.

import { glimpse, initSync } from "./core/stagedoor_extension_core.js";
import { memory, page, say, tab } from "./early.js";

async function look() {
  const module = await core;
  if (!module) return;
  initSync(module);
  const [tabId, kept, read] = await Promise.all([tab, memory, page]);
  const view = read && glimpse(tabId, kept, read.frames);
  if (view) say({ type: "view", tabId, view, provisional: true });
}

look().catch(console.error);
