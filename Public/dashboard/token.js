// The token or key that the dashboard shows its server, and the field for it. It is kept in the tab until that is closed
// (`sessionStorage`), never in an address, and for each server by itself: a link to this page with another server in its
// address gives it to nobody. In ES3 and as a global, `polluxToken`, for the page's form without modules takes it too.

(function () {
  'use strict';

  function byId(id) {
    return document.getElementById(id);
  }

  function nameOf(server) {
    return 'pollux-token ' + server;
  }

  /** What is kept for the server with this address; empty without. */
  function of(server) {
    try {
      return sessionStorage.getItem(nameOf(server)) || '';
    } catch (forbidden) {
      return '';
    }
  }

  /** The page begins anew with it: all that reads has asked without it. */
  function keep(server, token) {
    try {
      if (token) sessionStorage.setItem(nameOf(server), token);
      else sessionStorage.removeItem(nameOf(server));
    } catch (forbidden) {
      byId('token-about').innerHTML = 'This browser lets the page keep nothing, so it cannot take a token.';
      return;
    }
    location.reload();
  }

  /** Shows the field. It has no name, so a form that is sent after all would not have it in the address. */
  function showField(server) {
    var isShown = of(server) !== '';
    byId('token').style.display = '';
    byId('token-summary').innerHTML = isShown ? 'The server is shown a token or key' : 'Show the server a token or key';
    byId('token-forget').disabled = !isShown;
    byId('token-forget').onclick = function () { keep(server, ''); };
    byId('token-form').onsubmit = function () {
      keep(server, byId('token-text').value.replace(/\s/g, ''));
      return false;
    };
  }

  if (typeof window !== 'undefined') window.polluxToken = {of: of, showField: showField};
})();
