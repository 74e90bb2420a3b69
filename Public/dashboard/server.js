// Which server the page shows: the one in its address, `index.html?server=https://…`, or where it came from. So a static
// host can serve this folder unchanged. And what it is shown.

import './token.js';

const page = globalThis.document; // none on a server that renders pages
const asked = page && new URLSearchParams(location.search).get('server');

/** The address of the server, with a slash at its end. */
export const server = serverURL(asked) ?? (page ? new URL('.', page.baseURI).href : '');

export const isElsewhere = page !== undefined && new URL(server).origin !== location.origin;

/** The token or key that the server is shown; empty without. */
export const token = page ? globalThis.polluxToken.of(server) : '';

/** Its field of a request, if there is one. */
export const authorization = token ? { Authorization: `Bearer ${token}` } : {};

function serverURL(text) {
  if (!text || !/^https?:\/\//i.test(text)) return null;
  try {
    const { origin, pathname } = new URL(text);
    return origin + pathname.replace(/\/*$/, '/');
  } catch {
    return null; // no address after all
  }
}

// For the widgets, which read it when they start.
if (page) page.documentElement.dataset.polluxServer = server;
