// Before any other script of the page: makes the browser look older than it is, by `?without=EventSource,fetch,progress`,
// and as if it had never been here, unless by `?again`. Without `cors` it has what Internet Explorer 9 has instead.

(function () {
  function forget() {
    try {
      window.sessionStorage.clear();
      window.localStorage.clear();
    } catch (denied) { /* then nothing was kept either */ }
  }

  function remove(name) {
    try { delete window[name]; } catch (fixed) { /* the next line does */ }
    if (name in window) window[name] = undefined;
  }

  // XMLHttpRequest of which a script sees nothing before the end of the answer.
  function removeProgress() {
    var Real = window.XMLHttpRequest;

    window.XMLHttpRequest = function () {
      var self = this, real = new Real();
      self.readyState = 0;
      self.responseText = '';
      self.status = 0;
      self.statusText = '';
      self.withCredentials = false;
      self.timeout = 0;

      function call(name, event) {
        if (self[name]) self[name](event);
      }

      real.onreadystatechange = function () {
        if (real.readyState === 3) return;
        self.readyState = real.readyState;
        if (real.readyState === 4) {
          self.responseText = real.responseText;
          self.status = real.status;
          self.statusText = real.statusText;
        }
        call('onreadystatechange');
      };
      real.onload = function (event) { call('onload', event); };
      real.onerror = function (event) { call('onerror', event); };
      real.ontimeout = function (event) { call('ontimeout', event); };
      real.onabort = function (event) { call('onabort', event); };

      self.open = function (method, url) { real.open(method, url, true); };
      self.setRequestHeader = function (name, value) { real.setRequestHeader(name, value); };
      self.send = function (body) {
        real.withCredentials = self.withCredentials;
        real.timeout = self.timeout;
        real.send(body);
      };
      self.abort = function () { real.abort(); };
      self.getResponseHeader = function (name) { return self.readyState === 4 ? real.getResponseHeader(name) : null; };
      self.getAllResponseHeaders = function () { return self.readyState === 4 ? real.getAllResponseHeaders() : ''; };
    };
  }

  // XMLHttpRequest that asks its own origin only, and XDomainRequest for the others: GET and POST, no fields, no status.
  function removeCORS() {
    var Real = window.XMLHttpRequest, open = Real.prototype.open;
    delete Real.prototype.withCredentials;
    Real.prototype.open = function (method, url) {
      if (isForeign(url)) throw new Error('Access is denied.');
      open.call(this, method, url, true);
    };

    window.XDomainRequest = function () {
      var self = this, real = new Real();
      self.responseText = '';
      self.contentType = '';

      function call(name) {
        if (self[name]) self[name]();
      }

      real.onreadystatechange = function () {
        if (real.readyState !== 4 || real.status !== 200) return;
        self.responseText = real.responseText;
        self.contentType = real.getResponseHeader('Content-Type') || '';
      };
      real.onload = function () { call(real.status === 200 ? 'onload' : 'onerror'); };
      real.onerror = function () { call('onerror'); };
      self.open = function (method, url) { open.call(real, method, url, true); };
      self.send = function (body) { real.send(body); };
      self.abort = function () { real.abort(); };
    };
  }

  function isForeign(url) {
    var link = document.createElement('a');
    link.href = url;
    return link.host !== location.host;
  }

  var without = /[?&]without=([^&]*)/.exec(location.search);
  var names = without && without[1] ? without[1].split(',') : [];
  if (!/[?&]again/.test(location.search)) forget();
  for (var i = 0; i < names.length; i++) {
    if (names[i] === 'progress') removeProgress();
    else if (names[i] === 'cors') removeCORS();
    else remove(names[i]);
  }
})();
