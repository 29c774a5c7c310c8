// What may make text unreadable although it is there: nobody but the browser knows what comes of it.

/** Filters that change letters and paper alike, and when they leave too little of both. */
const FILTERS = /(blur|brightness|contrast|invert)\(([\d.]+)(%?)|url\(/g;
const SPOILT = {
  blur: (pixels) => pixels > 1,
  brightness: (part) => part < 0.5 || part > 1.5,
  contrast: (part) => part < 0.5,
  invert: (part) => part > 0.2 && part < 0.8,
};

/** Whether a style blends, masks or filters what is in an element so that it may not be seen. */
function isVeil({ filter, maskImage, mixBlendMode, webkitMaskBoxImageSource = "none" }) {
  if (mixBlendMode !== "normal" || maskImage !== "none" || webkitMaskBoxImageSource !== "none") return true;
  if (filter === "none") return false;
  return [...filter.matchAll(FILTERS)].some(([, name, number, percent]) => !name || SPOILT[name](number / (percent ? 100 : 1)));
}
