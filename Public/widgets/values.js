// What the widgets in the box make of events. Pure, but for `followed`.

import { numberIn } from './options.js';

/** The member of a JSON value that a dotted path names: `price.eur`. */
const memberOf = (value, path) => String(path).split('.').reduce((inner, name) => inner?.[name], value);

/** An event's data as a JSON value, or as the text that it is. */
export function contentOf(event) {
  try {
    return JSON.parse(event.data);
  } catch {
    return event.data;
  }
}

/**
 * The number in an event, or null: the member that `field` names, else `value`, else the first number that there is.
 * Data that is a number itself needs no name.
 */
export function numberOf(event, field) {
  const content = contentOf(event);
  if (content === null || typeof content !== 'object') return finite(content);
  if (field) return finite(memberOf(content, field));
  return finite(content.value) ?? Object.values(content).map(finite).find((number) => number !== null) ?? null;
}

function finite(value) {
  if (typeof value === 'string' && value.trim() !== '') value = Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/**
 * An event's data as one writes it for people: what somebody said as `name: text`, a flat object without its marks, all
 * else as it is.
 */
export function textOf(event, most = 1_000) {
  const text = written(contentOf(event)) ?? event.data;
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function written(content) {
  if (content === null || typeof content !== 'object' || Array.isArray(content)) return null;
  const { author, text } = content;
  if (typeof text === 'string') return [author, text].filter(Boolean).join(': ');
  const members = Object.entries(content);
  if (members.some(([, value]) => typeof value === 'object')) return null;
  if (members.length === 1) return String(members[0][1]);
  return members.map(([name, value]) => `${name} ${value}`).join(', ');
}

/** Whether some text of the event holds `search`, whatever the case of letters. */
export const holds = (event, search) =>
  [event.channel, event.type, event.data].some((text) => String(text).toLowerCase().includes(search.toLowerCase()));

const mostDigits = 20; // that every browser can write

/** A number with so many digits after the point; without `digits` with as many as it needs, three at most. */
export function formatNumber(number, digits, language) {
  const count = Math.round(numberIn(digits, { least: 0, most: mostDigits, otherwise: -1 }));
  return number.toLocaleString(language, count < 0 ? { maximumFractionDigits: 3 } : { minimumFractionDigits: count, maximumFractionDigits: count });
}

/** With its unit. */
export const formatMeasure = (number, { digits, unit } = {}, language) =>
  formatNumber(number, digits, language) + (unit ? ` ${unit}` : '');

/** The language in which the page writes its numbers and dates; undefined is the browser's own. */
export const languageOf = (element) => element.closest('[lang]')?.lang || undefined;

/** An event's time of day here. Events do not bring their time along, so it is that of their arrival. */
export const timeOfDay = (date, language) =>
  date.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

/** Calls `take(value)` with what the filter `name` says, now and later. One that is started first is asked for it. */
export function followed(sandbox, name, take) {
  sandbox.on(`filter.${name}`, take);
  sandbox.emit(`filter-wanted.${name}`);
}
