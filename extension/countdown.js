// Where the policy allows it and the page is clear, the press of the toolbar button opens the platform, after a moment in
// which the person sees whom, and can stop it.

import { duration, text } from "./page.js";

/** What the button to stop it is told where the customer turns out to be doubtful. */
export const STOP = "stop";

/** How long that is, in seconds: reading an address takes about one, and stopping it another. */
const MOMENT = 2;

/**
 * How long after the press it still counts as the person's word, in milliseconds: as long as a page is waited for elsewhere.
 * Whoever has waited longer may look at something else by now.
 */
const FRESH = 5000;

/** Whether the person has done something since the popup was opened: from then on everything is their own decision. */
let acted = false;
/** Ends the countdown that there is. */
let stopped;

function act(event) {
  if (!event.isTrusted) return;
  acted = true;
  // Browsers close the popup at Escape; it stays, and what it shows can be changed.
  if (stopped && event.key === "Escape") event.preventDefault();
  stopped?.();
}
for (const type of ["pointerdown", "wheel", "keydown", "click", "input"]) addEventListener(type, act, { capture: true });

/** The popup is loaded at the press. */
const isOver = () => acted || performance.now() > FRESH;

/** A view as it is to be shown: to whoever has done something, or waited for long, without what opens by itself. */
export const confirmed = (view) => (isOver() && view.byItself ? { ...view, byItself: undefined } : view);

/** Counts down once all is ready and has been seen, and opens. Whatever the person does before stops it; Enter opens at once. */
export function countdown({ root, moment, left, stop }, ready, open) {
  let seconds = MOMENT;
  let over = false;
  const end = () => {
    moment.hidden = over = true;
    if (stopped === end) stopped = undefined;
  };
  const tick = () => {
    if (over || !root.isConnected) return;
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
  stopped = end;
  for (const type of ["click", STOP]) stop.addEventListener(type, end);
  ready.then(painted).then(() => (isOver() ? end() : tick()));
}

/** Settled when what is on the screen now has been painted: in the frame after the next. */
function painted() {
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}
