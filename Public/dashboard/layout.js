// The tiles of the page as text, for its address and for what the browser keeps. Pure.
//
// A tile is `{widget, span, options}`: the widget's name, its width in columns, and its options as the texts of its
// attributes. As text: `clock?span=2&channel=date;log?channel=demo`.

export const mostColumns = 4;
const mostTiles = 24;
const validName = /^[a-z][a-z0-9-]*$/;

export const formatLayout = (tiles) => tiles.map(formatTile).join(';');

function formatTile({ widget, span = 1, options = {} }) {
  const query = String(new URLSearchParams(span === 1 ? options : { span, ...options }));
  return query ? `${widget}?${query}` : widget;
}

/** The tiles in a text. What cannot be read is left out. */
export function parseLayout(text) {
  return text.split(';').filter((part) => part !== '').slice(0, mostTiles).map(parseTile).filter(Boolean);
}

function parseTile(text) {
  const [widget, query = ''] = splitOnce(text, '?');
  if (!validName.test(widget)) return null;
  const { span, ...options } = Object.fromEntries(new URLSearchParams(query));
  const named = Object.entries(options).filter(([name]) => validName.test(name) && name !== 'widget');
  return { widget, span: validSpan(span), options: Object.fromEntries(named) };
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** A width in columns, from a number or a text: 1 where it is none. */
export const validSpan = (span) => Math.min(mostColumns, Math.max(1, Math.round(Number(span)) || 1));

/** The tiles with the one at `from` moved to `to`. */
export function moved(tiles, from, to) {
  const others = tiles.filter((_, index) => index !== from);
  const place = Math.min(others.length, Math.max(0, to));
  return [...others.slice(0, place), tiles[from], ...others.slice(place)];
}

const prefix = '#widgets=';

/** The layout in the fragment of an address, or null when that means something else. */
export const layoutOfFragment = (fragment) => (fragment.startsWith(prefix) ? parseLayout(fragment.slice(prefix.length)) : null);

export const fragmentOfLayout = (tiles) => prefix + formatLayout(tiles);
