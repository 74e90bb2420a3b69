// A log and a form in one: widgets within a widget. The inner ones start by themselves once they are in the page.

import { element } from './dom.js';

export default class Chat {
  static title = 'Chat';
  static fields = {
    channel: { label: 'Channel', value: 'demo' },
    label: { label: 'Label', value: 'Chat' },
  };

  constructor({ element: place, options }) {
    const { channel = 'demo', label = 'Chat' } = options;
    place.replaceChildren(
      inner('log', { channel, label, rows: 30 }),
      inner('form', { channel, author: true, button: 'Send' }));
  }
}

function inner(widget, options) {
  const place = element('div', { 'data-pollux-widget': widget });
  for (const [name, value] of Object.entries(options)) place.setAttribute(`data-pollux-${name}`, value);
  return place;
}
