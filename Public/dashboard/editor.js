// The dialog that asks what widget to add, or for the options of one that is there. Its fields are those that the widgets'
// classes tell of themselves (`static title`, `static fields`), so that a widget of a third party is in it too.

import Pollux from '../widgets.js';
import { element } from '../widgets/dom.js';

const anyFields = { channel: { label: 'Channel' }, label: { label: 'Label' } };

export const titleOf = ({ widget, options = {} }) =>
  options.label ?? [Pollux.widget(widget)?.title ?? widget, options.channel].filter(Boolean).join(' ');

export class Editor {
  constructor(dialog) {
    this.dialog = dialog;
    this.form = dialog.querySelector('form');
    this.title = dialog.querySelector('h2');
    this.kind = dialog.querySelector('select');
    this.fields = dialog.querySelector('.fields');
    this.kind.addEventListener('change', () => this.showFields(this.kind.value));
    dialog.addEventListener('close', () => this.closed());
  }

  /** Asks for a widget: resolves to `{widget, options}`, or to null when the dialog is left. */
  ask(tile = null) {
    this.kind.replaceChildren(...Pollux.widgetNames().map((name) =>
      element('option', { value: name }, Pollux.widget(name).title ?? name)));
    this.title.textContent = tile ? 'Edit a widget' : 'Add a widget';
    if (tile && !Pollux.widget(tile.widget)) this.kind.append(element('option', { value: tile.widget }, tile.widget));
    this.kind.value = tile?.widget ?? 'number';
    this.tile = tile;
    this.showFields(this.kind.value, tile?.options);
    this.dialog.returnValue = '';
    this.dialog.showModal();
    return new Promise((answer) => { this.answer = answer; });
  }

  /** With an existing widget's options as they are, else with what a field begins with. */
  showFields(name, options = null) {
    const fields = Object.entries(Pollux.widget(name)?.fields ?? anyFields);
    this.fields.replaceChildren(...fields.flatMap(([option, field]) => this.field(option, field, options)));
    if (!fields.length) this.fields.append(element('p', { class: 'soft' }, 'It needs no options.'));
  }

  field(option, { label, value, type = 'text', hint }, options) {
    const id = `field-${option}`;
    const attribute = attributeName(option);
    const isCheck = type === 'boolean';
    const given = options ? options[attribute] : value;
    const input = element('input', {
      id, name: attribute, type: isCheck ? 'checkbox' : type, step: type === 'number' ? 'any' : null,
      'aria-describedby': hint ? `${id}-hint` : null, autocapitalize: 'none', spellcheck: 'false',
    });
    if (isCheck) input.checked = given !== undefined && given !== 'false';
    else input.value = given ?? '';
    return [element('div', { class: isCheck ? 'field check' : 'field' },
      element('label', { for: id }, label), input,
      hint ? element('span', { class: 'soft', id: `${id}-hint` }, hint) : '')];
  }

  closed() {
    if (this.dialog.returnValue !== 'done') return this.answer(null);
    // Options that have no field stay as they are.
    const options = this.kind.value === this.tile?.widget ? { ...this.tile.options } : {};
    for (const input of this.fields.querySelectorAll('input')) {
      const value = input.type === 'checkbox' ? (input.checked ? 'true' : '') : input.value.trim();
      if (value !== '') options[input.name] = value;
      else delete options[input.name];
    }
    this.answer({ widget: this.kind.value, options });
  }
}

/** `timeZone` is `data-pollux-time-zone`. */
const attributeName = (option) => option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
