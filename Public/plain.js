// For browsers that cannot run the page's modules: the date, by the polyfill alone. In ES3, for it has to run in the oldest.
// When the page has loaded and the modules have not shown up, it takes their place.

(function () {
  'use strict';

  function byId(id) {
    return document.getElementById(id);
  }

  /** The server in the page's address, or nothing: where the page came from. */
  function server() {
    var found = /[?&]server=([^&#]*)/.exec(location.search);
    var url = found ? decodeURIComponent(found[1]) : '';
    return /^https?:\/\//i.test(url) ? url.replace(/\/*$/, '/') : '';
  }

  function load(script, then) {
    var element = document.createElement('script');
    var isDone = false;
    element.onload = element.onreadystatechange = function () {
      if (isDone || (element.readyState && !/loaded|complete/.test(element.readyState))) return;
      isDone = true;
      then();
    };
    element.src = script;
    document.getElementsByTagName('head')[0].appendChild(element);
  }

  function setText(id, text) {
    var element = byId(id);
    while (element.firstChild) element.removeChild(element.firstChild);
    element.appendChild(document.createTextNode(text));
  }

  function show() {
    var token = polluxToken.of(server());
    var source = new PolluxEventSource(server() + 'channels/date', token ? {headers: {Authorization: 'Bearer ' + token}} : {});
    polluxToken.showField(server());
    source.addEventListener('date', function (event) {
      var found = /"date":"([^"]*)T([0-9:]*)/.exec(event.data);
      if (found) setText('plain-date', found[1] + ' ' + found[2] + ' UTC');
      setText('plain-transport', source.transport || 'its own EventSource');
    }, false);
  }

  function start() {
    if (window.Pollux) return; // the modules run
    byId('page').style.display = 'none';
    byId('plain').style.display = '';
    load('eventsource.js', function () { load('dashboard/token.js', show); });
  }

  if (typeof window === 'undefined') return; // a server that renders pages
  if (window.addEventListener) window.addEventListener('load', start, false);
  else window.attachEvent('onload', start);
})();
