// A control that tells the other widgets what to show, by the event `filter.<name>`: a text to search for, or one of the
// `choices`. It knows nothing of who listens.

import { element, newId } from './dom.js';

export default class Filter {
  static title = 'Filter';
  static fields = {
    name: { label: 'Name of the filter', value: 'search', hint: 'Other widgets follow it by this name' },
    label: { label: 'Label' },
    choices: { label: 'Choices', hint: 'As JSON: ["demo.load", "demo.price"]; left out, it is a search' },
  };

  constructor({ element: place, options, sandbox }) {
    const { name = 'search', choices, label = choices ? 'Choose' : 'Search' } = options;
    Object.assign(this, { sandbox, name });
    this.value = '';
    if (Array.isArray(choices) && choices.length) this.chooser(place, label, choices.map(choiceOf));
    else this.search(place, label);
  }

  start() {
    this.sandbox.on(`filter-wanted.${this.name}`, () => this.tell());
    this.tell();
  }

  tell() {
    this.sandbox.emit(`filter.${this.name}`, this.value);
  }

  take(value) {
    this.value = value;
    this.tell();
  }

  search(place, label) {
    const id = newId('search');
    const field = element('input', { id, type: 'search', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'none' });
    field.addEventListener('input', () => this.take(field.value.trim()), { signal: this.sandbox.signal });
    place.replaceChildren(element('label', { class: 'pollux-label', for: id }, label), field);
  }

  chooser(place, label, choices) {
    const group = newId('choice');
    this.value = choices[0].value;
    const buttons = choices.map(({ value, label: text }, index) => {
      const radio = element('input', { type: 'radio', name: group, value, checked: index === 0 });
      radio.addEventListener('change', () => this.take(value), { signal: this.sandbox.signal });
      return element('label', {}, radio, element('span', {}, text));
    });
    place.replaceChildren(element('fieldset', { class: 'pollux-choices' },
      element('legend', { class: 'pollux-label' }, label), ...buttons));
  }
}

const choiceOf = (choice) =>
  (choice !== null && typeof choice === 'object' ? choice : { value: String(choice), label: String(choice) });
