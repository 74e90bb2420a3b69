// Publishes what is written into it: as text; or with its author's name, as JSON `{"author":…,"text":…}`.

import { element, newId } from './dom.js';

const keptName = 'pollux-author';

export default class Form {
  static title = 'Form';
  static fields = {
    channel: { label: 'Channel', value: 'demo' },
    label: { label: 'Label', value: 'Message' },
    button: { label: 'Button', value: 'Publish' },
    type: { label: 'Event type' },
    author: { label: 'Ask for a name', type: 'boolean' },
  };

  constructor({ element: place, options, sandbox }) {
    const { channel = 'demo', label = 'Message', button = 'Publish', type, author = false } = options;
    Object.assign(this, { sandbox, channel: String(channel), type });

    this.text = this.field(label, { name: 'text', enterkeyhint: 'send', required: true });
    this.author = author ? this.field('Your name', { name: 'author', value: kept(keptName) ?? '' }) : null;
    this.outcome = element('p', { class: 'pollux-outcome', role: 'status' });
    const form = element('form', { class: 'pollux-form', autocomplete: 'off' },
      ...[this.author, this.text].filter(Boolean).map(({ part }) => part),
      element('button', {}, button), this.outcome);
    form.addEventListener('submit', (event) => this.submit(event), { signal: sandbox.signal });
    place.replaceChildren(form);
  }

  field(label, attributes) {
    const id = newId(attributes.name);
    const input = element('input', { id, ...attributes });
    return { input, part: element('div', { class: 'pollux-field' }, element('label', { class: 'pollux-label', for: id }, label), input) };
  }

  async submit(event) {
    event.preventDefault();
    const { input } = this.text;
    const text = input.value;
    if (text.trim() === '') return;
    input.value = '';
    this.tell('', this.sandbox.client.state === 'offline' ? 'Kept until there is a connection.' : 'Publishing …');
    try {
      const { id } = await this.sandbox.publish(this.channel, this.content(text), { type: this.type });
      this.tell('done', `Published as ${id}`);
      this.sandbox.emit('published', { channel: this.channel, id });
    } catch (problem) {
      if (input.value === '') input.value = text;
      this.tell('problem', [problem.title ?? 'Not published', problem.detail ?? problem.message].filter(Boolean).join(': '));
    }
  }

  content(text) {
    if (!this.author) return text;
    const author = this.author.input.value.trim();
    keep(keptName, author);
    return author ? { author, text } : { text };
  }

  tell(kind, text) {
    this.outcome.dataset.kind = kind;
    this.outcome.textContent = text;
  }
}

// Storage can be forbidden; then the name is asked for each time.

function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // see above
  }
}
