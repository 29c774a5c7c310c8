// Tests for letters of all scripts.

const ASCII = /^[\0-\x7f]*$/;

/**
 * A regular expression with [\p{L}] and the like in its source. Firefox takes up to a millisecond to prepare one,
 * so there is another for ASCII, which is all that most texts have.
 */
function lettered(source, flags = "") {
  let all;
  let plain;
  const fitting = (text) => {
    if (!ASCII.test(text)) return (all ??= new RegExp(source, `${flags}u`));
    return (plain ??= new RegExp(source.replaceAll("\\p{L}", "A-Za-z").replaceAll("\\p{Ll}", "a-z").replaceAll("\\p{Lu}", "A-Z").replaceAll("\\p{N}", "0-9"), flags));
  };
  return { test: (text) => fitting(text).test(text), without: (text) => text.replace(fitting(text), "") };
}
