// What may make text unreadable although it is there: nobody but the browser knows what comes of it.

/** Filters that change letters and paper alike. */
const FILTERS = /(blur|brightness|contrast|invert)\(([\d.]+)(%?)|url\(/g;
const UNVEILED = { hidden: false, blur: 0, brightness: 1, contrast: 1 };

/** What a style does to what is in an element, together with what is around it. */
function veiledBy({ filter, maskImage, mixBlendMode, unicodeBidi, direction, webkitMaskBoxImageSource = "none", webkitTextSecurity = "none" }, around) {
  const turned = direction === "rtl" && unicodeBidi.endsWith("override");
  const hides = turned || mixBlendMode !== "normal" || [maskImage, webkitMaskBoxImageSource, webkitTextSecurity].some((value) => value !== "none");
  if (filter === "none" && !hides) return around;
  const veil = { ...around };
  veil.hidden ||= hides;
  for (const [, name, number, percent] of filter.matchAll(FILTERS)) {
    const part = number / (percent ? 100 : 1);
    if (!name) veil.hidden = true;
    else if (name === "blur") veil.blur += part;
    else if (name === "invert") veil.contrast *= Math.abs(1 - 2 * part);
    else veil[name] *= part;
  }
  return veil;
}

/** Whether letters and paper are left too little of. */
function isVeil({ hidden, blur, brightness, contrast }) {
  return hidden || blur > 1 || brightness < 0.5 || brightness > 1.5 || contrast < 0.5;
}
