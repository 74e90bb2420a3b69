// The last numbers of one channel or several as lines. The canvas is for the eye; the label says the same in words.

import { element, label } from './dom.js';
import { countOf, listOf } from './options.js';
import { followed, formatMeasure, formatNumber, languageOf, numberOf } from './values.js';

const mostLines = 4; // so many colours there are: --pollux-line-1 to --pollux-line-4
const edge = { top: 8, right: 10, bottom: 8, left: 44 }; // pixels around the lines; the scale is at the left

export default class Chart {
  static title = 'Chart';
  static fields = {
    channel: { label: 'Channel', value: 'demo.temperature', hint: 'Up to four as JSON: ["demo.load", "demo.price"]' },
    label: { label: 'Label' },
    unit: { label: 'Unit' },
    points: { label: 'Points', type: 'number', value: 60 },
    follow: { label: 'Follow the filter', hint: 'The name of a filter that chooses the channel' },
  };

  constructor({ element: place, options, sandbox }) {
    Object.assign(this, { options, sandbox, place, points: countOf(options.points, 60, 2), language: languageOf(place), lines: [] });
    this.label = label('');
    this.legend = element('p', { class: 'pollux-legend' });
    this.canvas = element('canvas', { role: 'img' });
    this.pen = this.canvas.getContext('2d');
    this.colours = element('span', { hidden: true }); // a variable's colour, whatever it is written as, is read from it
    this.pointer = null; // where it is over the canvas, in pixels from the left
    place.replaceChildren(
      element('div', { class: 'pollux-head' }, this.label, this.legend),
      element('div', { class: 'pollux-canvas' }, this.canvas), this.colours);
  }

  start() {
    const { signal } = this.sandbox;
    const redraw = () => this.redraw();
    this.size = new ResizeObserver(redraw);
    this.size.observe(this.canvas.parentElement);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw, { signal });
    this.canvas.addEventListener('pointermove', (event) => this.point(event.offsetX), { signal });
    this.canvas.addEventListener('pointerleave', () => this.point(null), { signal });

    const channels = listOf(this.options.channel);
    if (channels.length) this.read(channels);
    if (this.options.follow) followed(this.sandbox, this.options.follow, (name) => name && this.read([name]));
  }

  stop() {
    this.size?.disconnect();
    cancelAnimationFrame(this.frame);
  }

  /** Draws these channels from now on. */
  read(names) {
    if (names.join('\n') === this.lines.map(({ name }) => name).join('\n')) return;
    this.lines.forEach((line) => line.channel.close());
    this.lines = names.slice(0, mostLines).map((name) => this.line(name));
    this.label.textContent = this.options.label ?? this.lines.map(({ name }) => name).join(', ');
    this.redraw();
  }

  line(name) {
    const line = { name, numbers: [], channel: this.sandbox.channel(name, { history: this.points }) };
    line.channel.on('*', (event) => {
      const number = numberOf(event, this.options.field);
      if (number === null) return;
      line.numbers = [...line.numbers, number].slice(-this.points);
      this.redraw();
    });
    return line;
  }

  point(x) {
    this.pointer = x;
    this.redraw();
  }

  /** Many events in one frame are one drawing. */
  redraw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      this.draw();
      this.describe();
    });
  }

  draw() {
    const { pen, canvas } = this;
    const { clientWidth: width, clientHeight: height } = canvas.parentElement;
    const density = devicePixelRatio || 1;
    canvas.width = width * density;
    canvas.height = height * density;
    pen.scale(density, density);

    const numbers = this.lines.flatMap((line) => line.numbers);
    if (!numbers.length) return;
    const marks = niceMarks(Math.min(...numbers), Math.max(...numbers));
    const [low, high] = [marks[0], marks.at(-1)];
    const x = (index) => edge.left + (index / Math.max(1, this.points - 1)) * (width - edge.left - edge.right);
    const y = (number) => edge.top + (1 - (number - low) / (high - low)) * (height - edge.top - edge.bottom);

    this.drawScale(marks, y, width);
    this.lines.forEach((line, index) => this.drawLine(line, this.colour(`line-${index + 1}`), x, y, height));
    if (this.pointer !== null) this.drawPointer(x, height);
  }

  drawScale(marks, y, width) {
    const { pen } = this;
    pen.font = `12px ${getComputedStyle(this.place).fontFamily}`;
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    pen.lineWidth = 1;
    for (const mark of marks) {
      pen.strokeStyle = this.colour('edge');
      pen.fillStyle = this.colour('soft');
      stroke(pen, [[edge.left, Math.round(y(mark)) + 0.5], [width - edge.right, Math.round(y(mark)) + 0.5]]);
      pen.fillText(formatNumber(mark, undefined, this.language), edge.left - 8, y(mark));
    }
  }

  drawLine({ numbers }, colour, x, y, height) {
    if (!numbers.length) return;
    const { pen } = this;
    const first = this.points - numbers.length; // the newest is at the right edge
    const places = numbers.map((number, index) => [x(first + index), y(number)]);
    if (this.lines.length === 1) shade(pen, places, colour, height);
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.lineJoin = 'round';
    stroke(pen, places);
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(...places.at(-1), 3.5, 0, 2 * Math.PI);
    pen.fill();
  }

  drawPointer(x, height) {
    const at = Math.round(x(this.pointedIndex())) + 0.5;
    this.pen.strokeStyle = this.colour('soft');
    this.pen.lineWidth = 1;
    stroke(this.pen, [[at, 0], [at, height]]);
  }

  pointedIndex() {
    const span = this.canvas.clientWidth - edge.left - edge.right;
    const share = (this.pointer - edge.left) / span;
    return Math.min(this.points - 1, Math.max(0, Math.round(share * (this.points - 1))));
  }

  /** The newest numbers, or those under the pointer, and all of it in words. */
  describe() {
    const back = this.pointer === null ? 0 : this.points - 1 - this.pointedIndex();
    this.legend.replaceChildren(...this.lines.map((line, index) => {
      const number = line.numbers.at(-1 - back);
      const mark = element('span', { class: 'pollux-mark', style: `background: var(--pollux-line-${index + 1})` });
      const text = number === undefined ? '–' : formatMeasure(number, this.options, this.language);
      return element('span', {}, this.lines.length > 1 ? mark : '', this.lines.length > 1 ? `${line.name} ` : '', element('b', {}, text));
    }));
    this.canvas.setAttribute('aria-label', this.lines.map((line) => this.inWords(line)).join(' ') || 'No channel chosen');
  }

  inWords({ name, numbers }) {
    if (!numbers.length) return `${name}: no numbers yet.`;
    const [now, least, most] = [numbers.at(-1), Math.min(...numbers), Math.max(...numbers)]
      .map((number) => formatMeasure(number, this.options, this.language));
    return `${name}: ${now}; of the last ${numbers.length} the least is ${least}, the most ${most}.`;
  }

  colour(name) {
    this.colours.style.color = `var(--pollux-${name})`;
    return getComputedStyle(this.colours).color;
  }
}

function stroke(pen, [[x, y], ...others]) {
  pen.beginPath();
  pen.moveTo(x, y);
  for (const place of others) pen.lineTo(...place);
  pen.stroke();
}

/** Fades from the line downward. */
function shade(pen, places, colour, height) {
  const fade = pen.createLinearGradient(0, 0, 0, height);
  fade.addColorStop(0, colour);
  fade.addColorStop(1, 'transparent');
  pen.save();
  pen.globalAlpha = 0.22;
  pen.fillStyle = fade;
  pen.beginPath();
  pen.moveTo(places[0][0], height);
  for (const place of places) pen.lineTo(...place);
  pen.lineTo(places.at(-1)[0], height);
  pen.fill();
  pen.restore();
}

/** Round numbers at equal steps (1, 2 or 5 times a power of ten), from at most `low` to at least `high`. */
export function niceMarks(low, high) {
  const span = high - low || Math.abs(high) || 1;
  const rough = Math.max(span / 3, 1e-300); // below that a step would be 0
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * power >= rough) * power;
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
