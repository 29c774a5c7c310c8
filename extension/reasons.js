// The last reasons that the person gave: picked again below the field for them, and forgotten there or on the settings page.

import { ask, stamp, text } from "./page.js";

/** Offers them below the field, if there are any. What is picked is put into the field, where it can be changed. */
export async function offerReasons({ earlierRow, earlier, forget, reason }) {
  const fill = ({ reasons }) => {
    const title = new Option(text("reasons_earlier"), "");
    earlier.replaceChildren(title, ...reasons.map((each) => new Option(each, each)));
    earlierRow.hidden = reasons.length === 0;
    forget.disabled = true;
  };
  earlier.addEventListener("change", () => {
    forget.disabled = !earlier.value;
    if (!earlier.value) return;
    reason.value = earlier.value;
    reason.dispatchEvent(new Event("input", { bubbles: true }));
  });
  forget.addEventListener("click", async () => {
    fill(await ask({ type: "reasons/forget", reason: earlier.value }));
    reason.focus();
  });
  fill(await ask({ type: "reasons/list" }));
}

/** On the settings page: a section that is empty while there are none. */
export function reasonsSection() {
  const place = document.createElement("div");
  place.hidden = true;
  const show = ({ reasons }) => {
    place.hidden = reasons.length === 0;
    const { root, list, forget } = stamp("section-reasons");
    for (const reason of reasons) {
      const item = document.createElement("li");
      item.textContent = reason;
      list.append(item);
    }
    forget.addEventListener("click", async () => show(await ask({ type: "reasons/forget" })));
    place.replaceChildren(root);
  };
  ask({ type: "reasons/list" }).then(show).catch(console.error);
  return place;
}
