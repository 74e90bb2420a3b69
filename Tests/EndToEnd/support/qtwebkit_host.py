"""QtWebKit as a process: a command a line on stdin, an answer a line on stdout, both in JSON. It goes when stdin ends.

    ["version"]                     {"value": "602.1"}
    ["open", url]                   {"value": null}, when the page has loaded
    ["run", script, arguments]      {"value": what it returns} or {"error": text}
"""

import json
import sys

from PyQt5.QtCore import QSocketNotifier, QUrl
from PyQt5.QtWebKit import QWebSettings, qWebKitVersion
from PyQt5.QtWebKitWidgets import QWebPage
from PyQt5.QtWidgets import QApplication

# Values cross as JSON text: the bridge's own conversions would turn whole numbers into fractions and lose null.
RUN = """
(function () {
  try {
    var value = (function () { %s }).apply(window, %s);
    return JSON.stringify({value: value === undefined ? null : value});
  } catch (error) {
    return JSON.stringify({error: String(error) + '\\n' + error.stack});
  }
})()
"""


class Page(QWebPage):
    def javaScriptConsoleMessage(self, message, line, source):
        print(f"{source}:{line}: {message}", file=sys.stderr)


class Host:
    def __init__(self, application):
        self.application = application
        self.page = Page()
        self.page.settings().setAttribute(QWebSettings.LocalStorageEnabled, True)
        self.page.loadFinished.connect(self.loaded)
        self.commands = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Read)
        self.commands.activated.connect(self.read)

    def read(self):
        line = sys.stdin.buffer.readline()
        if not line:
            self.application.quit()
            return
        name, *arguments = json.loads(line)
        getattr(self, name)(*arguments)

    def version(self):
        self.answer({"value": qWebKitVersion()})

    def open(self, url):
        self.page.mainFrame().load(QUrl(url))

    def loaded(self, succeeded):
        self.answer({"value": None} if succeeded else {"error": "the page does not load"})

    def run(self, script, arguments):
        text = self.page.mainFrame().evaluateJavaScript(RUN % (script, json.dumps(arguments)))
        self.answer(json.loads(text) if text else {"error": "no script: it cannot be parsed"})

    def answer(self, value):
        print(json.dumps(value), flush=True)


application = QApplication(sys.argv)
host = Host(application)
sys.exit(application.exec_())
