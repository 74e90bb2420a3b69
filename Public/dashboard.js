// The dashboard: a page of widgets that people arrange, and the twins.

import { isElsewhere, server, token } from './dashboard/server.js';
import Pollux from './widgets.js';
import { Editor, titleOf } from './dashboard/editor.js';
import { formatLayout, fragmentOfLayout, layoutOfFragment, parseLayout } from './dashboard/layout.js';
import { curlLines } from './dashboard/texts.js';
import { Tiles } from './dashboard/tiles.js';
import { showTwins } from './dashboard/twins.js';
import { element } from './widgets/dom.js';

const byId = (id) => document.getElementById(id);

/** Says a change to those who listen instead of look. */
function announce(text) {
  byId('announcer').textContent = text;
}

// Widgets

const channels = JSON.stringify(['demo.temperature', 'demo.price', 'demo.load']);
const choices = JSON.stringify([
  { value: 'demo.temperature', label: 'Temperature' },
  { value: 'demo.price', label: 'Price' },
  { value: 'demo.load', label: 'Load' },
]);

const told = JSON.stringify(['filter.*', 'alarm.**', 'published']);

const firstLayout = [
  { widget: 'clock', span: 1, options: { channel: 'date', label: 'The server’s date', face: 'true' } },
  { widget: 'number', span: 1, options: { channel: 'demo.price', label: 'Price', unit: '€', digits: '2' } },
  { widget: 'gauge', span: 1, options: { channel: 'demo.load', label: 'Load', unit: '%', alarm: '75' } },
  { widget: 'filter', span: 1, options: { name: 'source', label: 'Show in the chart', choices } },
  { widget: 'chart', span: 2, options: { follow: 'source', points: '60' } },
  { widget: 'chat', span: 2, options: { channel: 'demo', label: 'Chat' } },
  { widget: 'ticker', span: 3, options: { channel: channels, label: 'Ticker', items: '16' } },
  { widget: 'filter', span: 1, options: { name: 'search', label: 'Search in the log' } },
  { widget: 'log', span: 2, options: { channel: channels, label: 'Log', filter: 'search' } },
  { widget: 'log', span: 2, options: { listen: told, label: 'Between the widgets' } },
];

// The layout is in the address, to be shared, and in the browser, to be found again. The address wins. Neither is touched
// until somebody changes something.

const keptName = 'pollux-layout';

const kept = () => attempt(() => localStorage.getItem(keptName));

function attempt(act) {
  try {
    return act();
  } catch {
    return null; // storage can be forbidden
  }
}

function currentLayout() {
  const text = kept();
  return layoutOfFragment(location.hash) ?? (text === null ? firstLayout : parseLayout(text));
}

/** The page itself; none on a server that renders pages, where importing this is harmless. */
function showPage() {
  function keepLayout() {
    history.replaceState(null, '', fragmentOfLayout(tiles.layout));
    attempt(() => localStorage.setItem(keptName, formatLayout(tiles.layout)));
  }

  function forgetLayout() {
    history.replaceState(null, '', location.pathname + location.search);
    attempt(() => localStorage.removeItem(keptName));
    tiles.show(firstLayout);
    announce('The first layout is back.');
  }

  const editor = new Editor(byId('editor'));

  const tiles = new Tiles(byId('tiles'), {
    titleOf,
    announce,
    changed: keepLayout,
    async edit(tile) {
      const edited = await editor.ask(tile);
      if (edited) tiles.replace(tile, edited);
    },
  });

  function arrange(isOn) {
    byId('tiles').classList.toggle('arranging', isOn);
    byId('arrange').setAttribute('aria-pressed', String(isOn));
    byId('arrange-hint').hidden = !isOn;
  }

  byId('add').addEventListener('click', async () => {
    const tile = await editor.ask();
    if (tile) tiles.add({ ...tile, span: 1 });
  });
  byId('arrange').addEventListener('click', () => arrange(byId('arrange').getAttribute('aria-pressed') !== 'true'));
  byId('reset').addEventListener('click', forgetLayout);
  addEventListener('hashchange', () => {
    const layout = layoutOfFragment(location.hash);
    if (layout) tiles.show(layout);
  });

  const copyLink = copyButton('Copy link', 'Copy a link to this layout', () =>
    new URL(fragmentOfLayout(tiles.layout), location.href).href);
  byId('reset').before(...copyLink);

  /** A button that copies a text: none where the browser forbids it (a page that came without TLS). */
  function copyButton(title, name, text) {
    if (!navigator.clipboard) return [];
    const button = element('button', { type: 'button', class: 'small', 'aria-label': name }, title);
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = title; }, 1_500);
    });
    return [button];
  }

  // From a terminal

  function showCurlLines() {
    byId('curl').replaceChildren(...curlLines(server, 'demo', token !== '').map(({ what, line }) =>
      element('li', {},
        element('div', {}, element('p', { class: 'soft' }, what), element('code', {}, line)),
        ...copyButton('Copy', `Copy: ${what}`, () => line))));
  }

  // A widget of one's own: the one that the page shows the code of.

  Pollux.widget('lamp', class {
    static title = 'Lamp';

    constructor({ element, options, sandbox }) {
      const { channel, limit } = options;
      sandbox.channel(channel, { history: 1 }).on('*', ({ json }) => {
        element.textContent = json.value > limit ? '● above' : '○ below';
      });
    }
  });

  polluxToken.showField(server);
  if (isElsewhere) {
    byId('elsewhere').hidden = false;
    byId('elsewhere').querySelector('code').textContent = server;
  }
  for (const link of document.querySelectorAll('a[data-of-server]')) link.href = server + link.getAttribute('href');

  tiles.show(currentLayout());
  showTwins(byId('twins-panel'), announce);
  showCurlLines();
}

if (token) Pollux.token = token;
if (globalThis.document) showPage();
