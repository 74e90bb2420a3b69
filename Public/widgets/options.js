// A widget's options, from the `data-pollux-*` attributes of its element.

const prefix = 'pollux';

/** `data-pollux-time-zone="UTC"` is the option `timeZone`. */
export function optionsOf(element) {
  const options = {};
  for (const [name, text] of Object.entries(element.dataset)) {
    if (name.startsWith(prefix) && name.length > prefix.length) options[optionName(name)] = typed(text);
  }
  return options;
}

const optionName = (name) => name[prefix.length].toLowerCase() + name.slice(prefix.length + 1);

/**
 * A value of the type that its text shows: a number, a boolean, null, JSON in braces or brackets; else the text itself.
 * `007` and `1e3` stay text, since as numbers they would be written otherwise. No text at all is true, as an HTML
 * attribute that is there without a value.
 */
export function typed(text) {
  if (text === '' || text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  if (String(Number(text)) === text && Number.isFinite(Number(text))) return Number(text);
  if (/^\[[^]*\]$|^\{[^]*\}$/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return text; // it only looked like JSON
    }
  }
  return text;
}

/** An option that is a number within bounds; `otherwise` where it is none. */
export const numberIn = (option, { least = -Infinity, most = Infinity, otherwise }) =>
  (Number.isFinite(option) ? Math.min(most, Math.max(least, option)) : otherwise);

/** An option that counts what a widget keeps or shows: not more than a page can bear, whatever it says. */
export const countOf = (option, otherwise, least = 1) => Math.round(numberIn(option, { least, most: 10_000, otherwise }));

/** An option that is one or several, as an array of texts. */
export const listOf = (option) =>
  (Array.isArray(option) ? option : option === undefined || option === null ? [] : [option]).map(String);
