// The first page: shows what its readers bring. All that touches the document is here.

import {
  areTogether, capitalised, channelNameProblem, curlLines, dateOf, describeGap, describeProblem, describeTwins,
  envelopeURL, eventOfEnvelope, eventOfMessage, formatCount, formatDate, formatSpan, noTwins, pollURL, publishURL,
  shortened, shown, streamURL, transportNames,
} from './events.js';
import { eventSourceReader, longPollReader, publish } from './readers.js';

const byId = (id) => document.getElementById(id);
const transports = ['stream', 'poll'];

/** A new element. What is in it is text or elements, never markup. */
function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** The element of a panel that has this `data-field`. */
const fieldsOf = (panel) => (name) => panel.querySelector(`[data-field="${name}"]`);

/** Says a change to those who listen instead of look. Not for what changes every second. */
function announce(text) {
  byId('announcer').textContent = text;
}

/** Shows a reader's state in its panel, and the problem that is the reason for it. */
function showState(field, state, problem) {
  field('state').textContent = state;
  field('state').dataset.state = state;
  field('why').hidden = !problem;
  field('why').textContent = problem ? describeProblem(problem) : '';
}

// Readers: while nobody looks at the page they are closed, since a browser opens only six connections to one server over
// HTTP/1.1, for all its pages together. Their cursor lets them go on as if nothing had been.

const openReaders = new Set();

function start(reader) {
  openReaders.add(reader);
  if (!document.hidden) reader.open();
}

function stop(reader) {
  openReaders.delete(reader);
  reader.close();
}

document.addEventListener('visibilitychange', () => {
  for (const reader of openReaders) document.hidden ? reader.close() : reader.open();
});

// One date, told twice

let twins = noTwins;
let apartTimer = null;

/** Shows how the twins stand. Apart for a moment is nothing to tell: one of them is always first. */
function showTwins() {
  const patience = 400; // milliseconds
  clearTimeout(apartTimer);
  if (areTogether(twins)) showVerdict('together');
  else apartTimer = setTimeout(showVerdict, patience, twins.latest ? 'apart' : 'waiting');
}

function showVerdict(verdict) {
  const before = byId('twins').dataset.twins;
  byId('twins').dataset.twins = verdict;
  byId('verdict').textContent = describeTwins(twins);
  if (verdict === 'together') pulse(byId('sign'));
  if (verdict !== before) announce(verdict === 'together' ? 'Both transports show the same event.' : describeTwins(twins));
}

function pulse(sign) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  sign.animate([{ boxShadow: '0 0 0 0 var(--together)' }, { boxShadow: '0 0 0 1rem transparent' }], 700);
}

/** What a panel does with what its reader brings. */
function datePanel(transport) {
  const field = fieldsOf(byId(`date-${transport}`));
  let received = 0;
  let gaps = 0;

  return {
    state(state, problem) {
      showState(field, state, problem);
      if (state === 'reconnecting') announce(`${capitalised(transportNames[transport])} is reconnecting.`);
    },
    event(event) {
      received += 1;
      field('received').textContent = formatCount(received);
      field('id').textContent = event.id;
      showDate(field, dateOf(event));
      twins = shown(twins, transport, event.id, performance.now());
      showTwins();
    },
    gap(gap) {
      gaps += 1;
      field('gaps').textContent = formatCount(gaps);
      field('why').hidden = false;
      field('why').textContent = describeGap(gap);
    },
  };
}

function showDate(field, date) {
  if (!date) return;
  const { day, time } = formatDate(date);
  field('date').dateTime = date.toISOString();
  field('day').textContent = `${day} UTC`;
  field('time').textContent = time;
  field('delay').textContent = formatSpan(Date.now() - date.getTime());
}

start(eventSourceReader(
  ({ cursor }) => streamURL('date', { cursor }),
  ['date'],
  (message) => eventOfMessage('date', message),
  datePanel('stream'),
));
start(longPollReader(({ cursor, wait }) => pollURL('date', { cursor, wait }), datePanel('poll')));

// Write once, read twice

const mostRows = 50;
const since = '-10'; // a channel just chosen shows its last ten events
let channel = null;
let channelReaders = [];

function subscribe(name) {
  channelReaders.forEach(stop);
  channel = name;
  channelReaders = [
    eventSourceReader(
      ({ cursor }) => envelopeURL(name, { cursor, since }),
      ['message'],
      eventOfEnvelope,
      listPanel('stream', envelopeURL(name)),
    ),
    longPollReader(({ cursor, wait }) => pollURL(name, { cursor, since, wait }), listPanel('poll', pollURL(name))),
  ];
  channelReaders.forEach(start);
  showCurlLines(name);
}

/** An empty list, and what it does with what its reader brings. */
function listPanel(transport, request) {
  const field = fieldsOf(byId(`list-${transport}`));
  field('request').textContent = `/${request}`;
  field('list').replaceChildren();

  const add = (row) => {
    field('list').prepend(row);
    while (field('list').childElementCount > mostRows) field('list').lastElementChild.remove();
  };
  return {
    state: (state, problem) => showState(field, state, problem),
    event: (event) => {
      add(eventRow(event));
      markTwins(event.id);
    },
    gap: (gap) => add(element('li', 'gap', element('b', '', 'Gap. '), describeGap(gap))),
  };
}

function eventRow(event) {
  const row = element('li', '',
    element('span', 'about',
      element('code', 'id', event.id),
      element('span', 'type', event.type)),
    element('span', 'data', shortened(event.data)));
  row.dataset.id = event.id;
  return row;
}

/** Marks the rows of an event that both lists have. */
function markTwins(id) {
  const rows = transports.map((transport) =>
    byId(`list-${transport}`).querySelector(`[data-id="${CSS.escape(id)}"]`));
  if (rows.includes(null)) return;
  for (const row of rows) row.querySelector('.about').append(element('span', 'both', 'on both'));
}

/** Reads the channel that the form names. False if there can be none of that name; the form then says why. */
function chooseChannel() {
  const name = byId('channel').value;
  const problem = channelNameProblem(name);
  byId('channel').setAttribute('aria-invalid', String(problem !== null));
  if (problem) {
    showOutcome('problem', `${problem.title}.`, problem.detail);
    return false;
  }
  showOutcome('');
  if (name !== channel) subscribe(name);
  return true;
}

function showOutcome(kind, title = '', detail = '') {
  byId('outcome').className = `notice ${kind}`;
  byId('outcome').replaceChildren(...(title ? [element('b', '', title), ' ', detail] : []));
}

async function submit() {
  if (!chooseChannel()) return byId('channel').focus();
  const text = byId('text').value;
  const { event, problem } = await publish(publishURL(channel, byId('type').value), text);
  if (problem) return showOutcome('problem', `${problem.title}.`, problem.detail);
  showOutcome('done', 'Published', `as ${event.id}`);
  if (byId('text').value === text) byId('text').value = '';
}

byId('channel').addEventListener('change', chooseChannel);

byId('form').addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});

byId('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId('form').requestSubmit();
});

// From a terminal

function showCurlLines(name) {
  const base = new URL('.', document.baseURI).href.replace(/\/$/, '');
  byId('curl').replaceChildren(...curlLines(base, name).map(({ what, line }) =>
    element('li', '',
      element('div', '', element('p', 'soft', what), element('code', '', line)),
      ...copyButton(what, line))));
}

/** A button that copies `line`: none where the browser forbids it (a page that came without TLS). */
function copyButton(what, line) {
  if (!navigator.clipboard) return [];
  const button = element('button', 'copy', 'Copy');
  button.setAttribute('aria-label', `Copy: ${what}`);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(line);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1_500);
  });
  return [button];
}

chooseChannel();
