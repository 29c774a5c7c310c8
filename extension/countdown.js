// Where the policy allows it and the page is clear, the press of the toolbar button opens the platform, after a moment in
// which the person sees whom, and can stop it.

import { duration, text } from "./page.js";

/** How long that is, in seconds: reading an address takes about one, and stopping it another. */
const MOMENT = 2;

/**
 * Counts down once all is ready and has been seen, and opens. Whatever the person does before is their own decision, and stops
 * it; Enter opens at once.
 */
export function countdown({ root, moment, left, stop }, ready, open) {
  let seconds = MOMENT;
  const over = new AbortController();
  const end = () => {
    moment.hidden = true;
    over.abort();
  };
  const tick = () => {
    if (over.signal.aborted || !root.isConnected) return;
    // Nobody sees what is not shown.
    if (document.visibilityState !== "visible") return end();
    if (seconds === 0) {
      end();
      return open();
    }
    moment.hidden = false;
    left.textContent = text("moment_left", [duration(seconds)]);
    seconds -= 1;
    setTimeout(tick, 1000);
  };
  const { signal } = over;
  stop.addEventListener("click", end);
  root.addEventListener("submit", end, { signal });
  document.addEventListener("pointerdown", end, { signal });
  document.addEventListener("wheel", end, { signal });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Enter") return;
      // Browsers close the popup at Escape; it stays, and what it shows can be changed.
      if (event.key === "Escape") event.preventDefault();
      end();
    },
    { signal, capture: true },
  );
  ready.then(painted).then(tick);
}

/** Settled when what is on the screen now has been painted: in the frame after the next. */
function painted() {
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}
