// Making elements. What is put into one is text or elements, never markup: events come from anybody.

/** A new element with attributes (`class`, `role`, …; a value of false leaves one out) and content. */
export function element(name, attributes = {}, ...content) {
  return furnished(document.createElement(name), attributes, content);
}

/** The same for SVG. */
export function drawing(name, attributes = {}, ...content) {
  return furnished(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, content);
}

function furnished(made, attributes, content) {
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(attribute, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(attribute, value);
  }
  made.append(...content);
  return made;
}

/** Where an error is told, so that it is read out at once. */
export const problem = () => element('p', { class: 'pollux-problem', role: 'alert' });

/** A widget's label: what it is called, on the page and by those who listen. */
export const label = (text) => element('p', { class: 'pollux-label' }, text);

/** What nobody has named, within a page. */
let count = 0;
export const newId = (name) => `pollux-${name}-${count += 1}`;
