// On the settings page: the windows that logins opened, while there are any, and the button that closes them.

import { ask, stamp, text, viewText } from "./page.js";

/** A section that is empty unless a window is open. */
export function sessions() {
  const place = document.createElement("div");
  place.hidden = true;
  ask({ type: "session/open" })
    .then(({ open }) => {
      place.hidden = !(open > 0);
      if (open > 0) place.append(section());
    })
    .catch(console.error);
  return place;
}

function section() {
  const { root, text: says, end } = stamp("section-sessions");
  end.addEventListener("click", async () => {
    const { open, others, cure } = await ask({ type: "session/end" });
    const name = open > 0 ? "left" : others > 0 ? "others" : "ended";
    says.textContent = cure ? viewText(cure) : text(`session_${name}_text`);
    end.hidden = open === 0;
  });
  return root;
}
