// Owns the question after a lost race: both versions side by side, and the person's choice.

import { inWords } from './dates.js';
import { $, dialog, make } from './ui.js';

const WORDS = {
  title: ['Title', (v) => v],
  description: ['Notes', (v) => v || '–'],
  priority: ['Priority', (v) => v],
  due_date: ['Due', (v) => (v ? inWords(v) : '–')],
  tags: ['Tags', (v) => v.join(', ') || '–'],
  completed: ['Status', (v) => (v ? 'Done' : 'Open')],
};

/** Resolves with 'mine' (whose label is `keep`), 'theirs' (`take`), or '' for neither. */
export async function chooseVersion(mine, theirs, { text, keep, take }) {
  const rows = Object.entries(WORDS)
    .filter(([name]) => JSON.stringify(mine[name]) !== JSON.stringify(theirs[name]))
    .map(([name, [label, words]]) => make('tr', {},
      make('th', { scope: 'row', textContent: label }),
      make('td', { dir: 'auto', textContent: words(mine[name]) }),
      make('td', { dir: 'auto', textContent: words(theirs[name]) })));
  const table = make('table', {},
    make('thead', {}, make('tr', {}, make('td'),
      make('th', { scope: 'col', textContent: 'Yours' }), make('th', { scope: 'col', textContent: 'Saved now' }))),
    make('tbody', {}, ...rows));
  const buttons = make('div', { className: 'buttons' });
  const parts = [make('h2', { textContent: 'Changed elsewhere' }), make('p', { textContent: text })];
  if (rows.length) parts.push(table);
  const { box, done } = dialog(make('div', {}, ...parts, buttons));
  for (const [value, label, className] of [['mine', keep, 'primary'], ['theirs', take, ''], ['', 'Back', 'plain']]) {
    buttons.append(make('button', { textContent: label, className, onclick: () => box.close(value) }));
  }
  $('button:last-child', buttons).focus();
  return done;
}
