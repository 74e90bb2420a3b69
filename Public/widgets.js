// Live widgets for the price of a `<div>`:
//
//   <div data-pollux-widget="clock" data-pollux-channel="date"></div>
//
// This file starts and stops them, as their elements come and go. Each has a sandbox: all that it may use, undone when it
// stops. An error in one is shown in its element, and touches no other. The widgets in the box are in `widgets/`, one a
// file; others are registered beside them by `Pollux.widget(name, class)`.
//
// All widgets of a page share one client, `Pollux.shared`. Its server is named by `<html data-pollux-server="https://…">`;
// without that it is where pollux.js came from. Its token is `Pollux.token`, a text or a function as the client takes it.

import Pollux from './pollux.js';
import { Emitter } from './widgets/emitter.js';
import { problem } from './widgets/dom.js';
import { optionsOf } from './widgets/options.js';
import { SharedChannels, Subscription } from './widgets/channels.js';

import Chart from './widgets/chart.js';
import Chat from './widgets/chat.js';
import Clock from './widgets/clock.js';
import Filter from './widgets/filter.js';
import Form from './widgets/form.js';
import Gauge from './widgets/gauge.js';
import Log from './widgets/log.js';
import Figure from './widgets/number.js';
import Status from './widgets/status.js';
import Ticker from './widgets/ticker.js';

const marked = '[data-pollux-widget]';
const classes = new Map(); // name -> class
const running = new Map(); // element -> its widget
const emitter = new Emitter();

// The page's client, made when it is first asked for, so that a page can give it a token, or put its own in its place.

let client = null;
let token;

Object.defineProperty(Pollux, 'shared', {
  get: () => (client ??= new Pollux(document.documentElement.dataset.polluxServer || undefined, { token })),
  set(own) { client = own; },
});

Object.defineProperty(Pollux, 'token', {
  get: () => token,
  set(given) {
    if (client) throw new Error('Pollux.token is set too late: the first widget has started, and asked without it.');
    token = given;
  },
});

const channels = new SharedChannels(() => Pollux.shared);

/** Registers a class of widgets, and starts those that wait for it. With a name alone: the class of that name. */
Pollux.widget = (name, widgetClass) => {
  if (widgetClass === undefined) return classes.get(name);
  if (classes.has(name)) throw new Error(`There is a widget “${name}” already.`);
  classes.set(name, widgetClass);
  if (isStarted) startWidgets(document);
  return widgetClass;
};

/** The names of all widgets there are. */
Pollux.widgetNames = () => [...classes.keys()];

/** One widget: its element, its sandbox, and what is to be undone when it stops. */
class Running {
  constructor(place) {
    this.element = place;
    this.name = place.dataset.polluxWidget;
    this.ending = new AbortController();
    this.undo = [];
    this.alert = null;
  }

  start(widgetClass) {
    try {
      const { element: place } = this;
      this.widget = new widgetClass({ element: place, options: optionsOf(place), sandbox: this.sandbox() });
      const started = this.widget.start?.();
      started?.catch?.((error) => this.fail(error));
    } catch (error) {
      this.fail(error);
      this.release();
    }
  }

  stop() {
    this.guarded(() => this.widget?.stop?.())();
    this.release();
    this.alert?.remove();
  }

  /** Undoes all that was asked of the sandbox. */
  release() {
    this.ending.abort();
    for (const undo of this.undo.splice(0).reverse()) undo();
  }

  /** `call`, but an error in it stays with this widget. */
  guarded(call) {
    return (...values) => {
      try {
        const result = call(...values);
        result?.catch?.((error) => this.fail(error));
        return result;
      } catch (error) {
        this.fail(error);
      }
    };
  }

  fail(error) {
    console.error(`[${this.name}]`, error);
    const text = `The widget “${this.name}” failed: ${error?.message ?? error}`;
    this.alert ??= problem();
    if (!this.alert.isConnected) this.element.append(this.alert);
    if (this.alert.textContent !== text) this.alert.textContent = text;
  }

  sandbox() {
    const { element: place, undo, ending } = this;
    const keep = (undoOne) => {
      if (ending.signal.aborted) undoOne(); // asked for by a widget that has stopped meanwhile
      else undo.push(undoOne);
      return undoOne;
    };
    const listeners = new Map(); // as given -> guarded, for `off`
    const guarded = (listener) => {
      if (!listeners.has(listener)) listeners.set(listener, this.guarded(listener));
      return listeners.get(listener);
    };

    return {
      element: place,
      signal: ending.signal,
      get client() { return Pollux.shared; },
      logger: loggerOf(this.name),

      on: (pattern, listener) => keep(emitter.on(pattern, guarded(listener))),
      once: (pattern, listener) => keep(emitter.once(pattern, guarded(listener))),
      off: (pattern, listener) => emitter.off(pattern, guarded(listener)),
      emit: (name, payload) => emitter.emit(name, payload),

      channel: (name, options) => {
        const channel = new Subscription(channels, String(name), options, { guarded, fail: (error) => this.fail(error) });
        keep(() => channel.close());
        return channel;
      },
      publish: (name, data, options) => channels.publish(String(name), data, options),
    };
  }
}

const loggerOf = (name) => ({
  log: (...values) => console.log(`[${name}]`, ...values),
  warn: (...values) => console.warn(`[${name}]`, ...values),
  error: (...values) => console.error(`[${name}]`, ...values),
});

/** `root`, if it is the place of a widget, and all such places in it, in document order: outer ones first. */
const placesIn = (root) => [...(root.matches?.(marked) ? [root] : []), ...(root.querySelectorAll?.(marked) ?? [])];

/** Starts the widgets in `root` that do not run yet. The page's own start by themselves. */
export function startWidgets(root = document) {
  for (const place of placesIn(root)) {
    const widgetClass = classes.get(place.dataset.polluxWidget);
    if (!widgetClass || running.has(place)) continue; // one that nobody registered may yet be
    const widget = new Running(place);
    running.set(place, widget);
    widget.start(widgetClass);
  }
}

/** Stops the widgets in `root`, inner ones first. */
export function stopWidgets(root = document) {
  placesIn(root).reverse().forEach(stop);
}

function stop(place) {
  running.get(place)?.stop();
  running.delete(place);
}

/** What is no longer in the document stops; what is new in it starts. What only moved goes on. */
function follow(changes) {
  for (const { type, target, removedNodes } of changes) {
    if (type === 'attributes') stop(target); // another name, or the same set again to give it other options
    for (const node of removedNodes) placesIn(node).reverse().filter((place) => !place.isConnected).forEach(stop);
  }
  for (const { type, target, addedNodes } of changes) {
    if (type === 'attributes' && target.isConnected) startWidgets(target);
    for (const node of addedNodes) if (node.isConnected) startWidgets(node);
  }
}

/** Events between the widgets of the page, for scripts that are none: `Pollux.events.on('alarm.**', …)`. */
Pollux.events = emitter;

let isStarted = false;

function startPage() {
  if (isStarted) return;
  isStarted = true;
  new MutationObserver(follow).observe(document, {
    subtree: true, childList: true, attributeFilter: ['data-pollux-widget'],
  });
  startWidgets(document);
  for (const place of placesIn(document)) {
    if (!classes.has(place.dataset.polluxWidget)) console.warn(`There is no widget “${place.dataset.polluxWidget}” yet.`, place);
  }
}

Pollux.widget('chart', Chart);
Pollux.widget('chat', Chat);
Pollux.widget('clock', Clock);
Pollux.widget('filter', Filter);
Pollux.widget('form', Form);
Pollux.widget('gauge', Gauge);
Pollux.widget('log', Log);
Pollux.widget('number', Figure);
Pollux.widget('status', Status);
Pollux.widget('ticker', Ticker);

// The modules of the page come first: they may register widgets, and put a client of their own into place. One that is
// imported later than that does not see `DOMContentLoaded`. Where there is no page, as on a server that renders one, nothing
// starts.
if (globalThis.document?.readyState === 'complete') startPage();
else for (const type of ['DOMContentLoaded', 'load']) globalThis.window?.addEventListener(type, startPage);

export default Pollux;
