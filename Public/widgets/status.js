// How the page's client stands: its connection, the transport in use, and its part among the browser's tabs.

import { element } from './dom.js';

const described = {
  connecting: 'Connecting',
  open: 'Connected',
  reconnecting: 'Connecting again',
  offline: 'No network',
  closed: 'Closed',
};

const transports = { native: 'EventSource', xhr: 'XHR', poll: 'long poll', 'poll-sse': 'long poll' };

const roles = {
  leader: 'this tab reads for all tabs',
  follower: 'another tab reads for this one',
};

export default class Status {
  static title = 'Status';
  static fields = {};

  constructor({ element: place, sandbox }) {
    this.client = sandbox.client;
    this.signal = sandbox.signal;
    this.state = element('span', { class: 'pollux-state', role: 'status' });
    this.more = element('span', { class: 'pollux-soft' });
    place.replaceChildren(this.state, ' ', this.more);
  }

  start() {
    const show = () => this.show();
    this.client.addEventListener('statechange', show, { signal: this.signal });
    show();
  }

  show() {
    const { state, transport, role } = this.client;
    this.state.dataset.state = state;
    if (this.state.textContent !== described[state]) this.state.textContent = described[state] ?? state;
    const isOpen = state === 'open';
    this.more.textContent = [isOpen && transport && `by ${transports[transport] ?? transport}`, roles[role]].filter(Boolean).join(', ');
  }
}
