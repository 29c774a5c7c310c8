// Whether text is in a size and colour that can be read.

const COLOUR = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/;
const colours = new Map();
let canvas;

/** Red, green, blue and opacity of a computed colour of any notation; null if the browser cannot tell. */
function colourOf(text) {
  if (!colours.has(text)) {
    const [, ...plain] = COLOUR.exec(text) ?? [];
    colours.set(text, plain.length ? plain.map((part) => Number(part ?? 1)) : painted(text));
  }
  return colours.get(text);
}

function painted(text) {
  try {
    canvas ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    // An assignment of what is no colour changes nothing.
    const taken = ["#000000", "#ffffff"].map((other) => {
      canvas.fillStyle = other;
      canvas.fillStyle = text;
      return canvas.fillStyle;
    });
    if (taken[0] !== taken[1]) return null;
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  } catch {
    return null;
  }
}

function over([red, green, blue, alpha], under) {
  return [red, green, blue].map((part, index) => part * alpha + under[index] * (1 - alpha));
}

/** The contrast of two colours as WCAG 2 counts it, from 1 to 21. */
function contrastOf(...pair) {
  const linear = (part) => (part <= 10 ? part / 3294 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const [dark, light] = pair
    .map((colour) => colour.map(linear).reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0.05))
    .sort((one, other) => one - other);
  return light / dark;
}

/** What is behind the content of an element: a colour; "picture" where that cannot be told; null where a colour is none. */
const paperOf = kept((element) => {
  const { backgroundColor, backgroundImage } = styleOf(element);
  if (backgroundImage !== "none") return "picture";
  const layer = colourOf(backgroundColor);
  if (!layer || layer[3] === 1) return layer && layer.slice(0, 3);
  const parent = parentOf(element);
  // The sheet below everything.
  const under = parent ? paperOf(parent) : matchMedia("(prefers-color-scheme: dark)").matches ? "picture" : [255, 255, 255];
  return Array.isArray(under) ? over(layer, under) : under;
});

/** Whether text in an element can be read. Where a picture is behind it, that is taken for granted. */
const isLegible = kept((element) => {
  const style = styleOf(element);
  if (parseFloat(style.fontSize) < 4) return false;
  let ink = colourOf(style.webkitTextFillColor || style.color);
  if (!ink) return false;
  let behind = element;
  if (ink[3] < 0.1 && style.backgroundClip === "text") {
    // The background is what the letters are made of.
    if (style.backgroundImage !== "none") return true;
    ink = colourOf(style.backgroundColor);
    behind = parentOf(element);
  }
  if (!ink || ink[3] < 0.1 || !behind) return false;
  const paper = paperOf(behind);
  if (!Array.isArray(paper)) return paper === "picture";
  const distance = over(ink, paper).reduce((sum, part, index) => sum + Math.abs(part - paper[index]), 0);
  return distance > 24 && (distance > 90 || contrastOf(over(ink, paper), paper) >= 1.2);
});
