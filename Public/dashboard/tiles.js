// The grid of widgets, which people arrange: by pointer, by keys, and by buttons.

import { element } from '../widgets/dom.js';
import { mostColumns, moved, validSpan } from './layout.js';

const later = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

export class Tiles {
  #tiles = []; // {widget, span, options, element}

  /** `titleOf(tile)` names a tile; `edit(tile)` is asked for its options; `changed()` hears of every change by a person. */
  constructor(place, { titleOf, edit, changed, announce }) {
    Object.assign(this, { place, titleOf, edit, changed, announce });
  }

  get layout() {
    return this.#tiles.map(({ widget, span, options }) => ({ widget, span, options }));
  }

  /** Shows this layout, in place of what there was. */
  show(layout) {
    this.#tiles = layout.map((tile) => this.#made(tile));
    this.place.replaceChildren(...this.#tiles.map((tile) => tile.element));
  }

  add(tile) {
    const made = this.#made(tile);
    this.#tiles.push(made);
    this.place.append(made.element);
    this.announce(`${this.titleOf(tile)} was added as the last.`);
    this.changed();
    made.element.scrollIntoView({ block: 'nearest' });
  }

  /** The same tile with other options. */
  replace(tile, { widget, options }) {
    const made = this.#made({ widget, span: tile.span, options });
    tile.element.replaceWith(made.element);
    this.#tiles = this.#tiles.map((each) => (each === tile ? made : each));
    this.changed();
    made.element.querySelector('.edit').focus();
  }

  #made({ widget, span, options }) {
    const tile = { widget, span, options };
    const title = this.titleOf(tile);
    tile.element = element('li', { class: 'tile panel', 'aria-label': title }, place(tile), this.#controls(tile, title));
    this.#setSpan(tile, tile.span);
    return tile;
  }

  #setSpan(tile, span) {
    tile.span = validSpan(span);
    tile.element.style.setProperty('--span', tile.span);
    tile.element.style.setProperty('--span-of-two', Math.min(2, tile.span));
  }

  #controls(tile, title) {
    const button = (sign, name, act, attributes = {}) => {
      const made = element('button', { type: 'button', class: 'small', 'aria-label': `${name}: ${title}`, title: name, ...attributes }, sign);
      made.addEventListener('click', act);
      return made;
    };
    const handle = button('✥', 'Move', () => {}, { class: 'small handle', 'aria-describedby': 'arrange-hint' });
    handle.addEventListener('keydown', (event) => this.#moveByKey(tile, event));
    handle.addEventListener('pointerdown', (event) => this.#moveByPointer(tile, event));
    return element('div', { class: 'controls', role: 'group', 'aria-label': `Arrange ${title}` },
      handle,
      button('←', 'Earlier', () => this.#move(tile, -1)),
      button('→', 'Later', () => this.#move(tile, 1)),
      button('−', 'Narrower', () => this.#resize(tile, -1)),
      button('+', 'Wider', () => this.#resize(tile, 1)),
      button('✎', 'Edit', () => this.edit(tile), { class: 'small edit' }),
      button('✕', 'Remove', () => this.#remove(tile)));
  }

  #moveByKey(tile, event) {
    const by = later[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.#move(tile, by);
  }

  #move(tile, by) {
    this.#put(tile, this.#tiles.indexOf(tile) + by);
  }

  /** Puts a tile at another place. Its element moves by itself, so that the widgets in the others do not notice. */
  #put(tile, to) {
    const focused = document.activeElement;
    this.#tiles = moved(this.#tiles, this.#tiles.indexOf(tile), to);
    const index = this.#tiles.indexOf(tile);
    this.place.insertBefore(tile.element, this.#tiles[index + 1]?.element ?? null);
    focused?.focus(); // an element that moves loses it
    this.announce(`${this.titleOf(tile)}: place ${index + 1} of ${this.#tiles.length}.`);
    this.changed();
  }

  /** The tile under the pointer is marked; the one that is dragged takes its place when it is let go. */
  #moveByPointer(tile, down) {
    if (down.button !== 0) return;
    down.preventDefault();
    down.currentTarget.focus();
    const ending = new AbortController();
    const { signal } = ending;
    let target = null;

    const mark = (over) => {
      target?.element.classList.remove('target');
      target = over === tile ? null : over;
      target?.element.classList.add('target');
    };
    const end = (isDrop) => {
      ending.abort();
      tile.element.classList.remove('dragged');
      const over = target;
      mark(null);
      if (isDrop && over) this.#put(tile, this.#tiles.indexOf(over));
    };

    tile.element.classList.add('dragged');
    document.addEventListener('pointermove', ({ clientX, clientY }) => mark(this.#tileAt(clientX, clientY)), { signal });
    document.addEventListener('pointerup', () => end(true), { signal });
    document.addEventListener('pointercancel', () => end(false), { signal });
    document.addEventListener('keydown', ({ key }) => key === 'Escape' && end(false), { signal });
  }

  #tileAt(x, y) {
    const under = document.elementFromPoint(x, y)?.closest('.tile');
    return this.#tiles.find((tile) => tile.element === under) ?? null;
  }

  #resize(tile, by) {
    this.#setSpan(tile, tile.span + by);
    this.announce(`${this.titleOf(tile)}: ${tile.span} of ${mostColumns} columns wide.`);
    this.changed();
  }

  #remove(tile) {
    const index = this.#tiles.indexOf(tile);
    this.#tiles = this.#tiles.filter((each) => each !== tile);
    tile.element.remove();
    this.announce(`${this.titleOf(tile)} was removed.`);
    this.changed();
    const next = this.#tiles[Math.min(index, this.#tiles.length - 1)];
    (next?.element.querySelector('.handle') ?? document.getElementById('add')).focus();
  }
}

/** A widget's element; the rest is up to `widgets.js`. */
function place({ widget, options }) {
  const made = element('div', { 'data-pollux-widget': widget });
  for (const [name, value] of Object.entries(options)) made.setAttribute(`data-pollux-${name}`, value);
  return made;
}
