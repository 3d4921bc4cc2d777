// Owns what all pages share: making elements, saying things aloud, toasts, dialogs and the banner.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** The first element of a <template>, cloned. */
export const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/** An element with properties and children; text is always text, never markup. */
export function make(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  if (tag === 'button') element.type = 'button';
  for (const [name, value] of Object.entries(props)) {
    if (name in element) element[name] = value; else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

let counter = 0;

/** Ties labels to controls, where a form may be there more than once. */
export function tieLabels(root) {
  for (const field of $$('.field', root)) {
    const control = $('input, select, textarea', field);
    control.id ||= `c${++counter}`;
    $('label', field).htmlFor = control.id;
  }
}

/** Says something to people who listen to the page. */
export function say(text) {
  // Emptied first, or the same sentence twice would be heard once.
  $('#live').textContent = '';
  requestAnimationFrame(() => { $('#live').textContent = text; });
}

const TOAST_TIME = 8000;
const TOASTS = 3;

/**
 * A message with at most one action. It waits while the pointer or the focus is on it. `onClose(acted)` is called once,
 * whichever way it goes.
 */
export function toast(text, { action, onClose = () => {}, alert = false } = {}) {
  const box = $('#toasts');
  const words = make('p', { role: alert ? 'alert' : 'status' });
  const element = make('div', { className: 'toast' }, words);
  let timer = 0, closed = false;
  const close = (acted = false) => {
    if (closed) return;
    closed = true;
    clearTimeout(timer);
    if (element.contains(document.activeElement)) $('#main').focus({ preventScroll: true });
    element.remove();
    onClose(acted);
  };
  const run = () => { clearTimeout(timer); if (!closed) timer = setTimeout(close, TOAST_TIME); };
  if (action) element.append(make('button', { className: 'plain', textContent: action, onclick: () => close(true) }));
  element.append(make('button', { className: 'icon', ariaLabel: 'Dismiss', onclick: () => close() }, icon('close')));
  for (const name of ['pointerenter', 'focusin']) element.addEventListener(name, () => clearTimeout(timer));
  for (const name of ['pointerleave', 'focusout']) element.addEventListener(name, run);
  element.addEventListener('keydown', (event) => { if (event.key === 'Escape') close(); });
  element.shut = close;
  while (box.children.length >= TOASTS) box.firstElementChild.shut();
  box.append(element);
  words.textContent = text;
  run();
}

export function icon(name) {
  const [svg, use] = ['svg', 'use'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** What the messages hold back is done now. */
export function closeToasts() { for (const element of [...$('#toasts').children]) element.shut(); }

/**
 * A modal dialog named by its heading: {box, done}; `done` gives the value it was closed with ('' for Escape). The
 * focus goes back to where it was.
 */
export function dialog(content, { dismissable = true } = {}) {
  const from = document.activeElement;
  const box = make('dialog', {}, content);
  const heading = $('h2', box);
  heading.id = `d${++counter}`;
  box.setAttribute('aria-labelledby', heading.id);
  document.body.append(box);
  box.addEventListener('cancel', (event) => { if (!dismissable) event.preventDefault(); });
  const done = new Promise((resolve) => {
    box.addEventListener('close', () => {
      box.remove();
      if (from?.isConnected) from.focus({ preventScroll: true });
      resolve(box.returnValue);
    });
  });
  box.showModal();
  return { box, done };
}

/** A question with answers [[value, label, class], …]; gives the value, '' for Escape. */
export async function ask(title, text, answers) {
  const buttons = make('div', { className: 'buttons' });
  const { box, done } = dialog(make('div', {}, make('h2', { textContent: title }), make('p', { textContent: text }), buttons));
  for (const [value, label, className = ''] of answers) {
    buttons.append(make('button', { textContent: label, className, onclick: () => box.close(value) }));
  }
  // The harmless answer has the focus, so that a stray Enter does no harm.
  buttons.lastElementChild.focus();
  return done;
}

let retry = null;

/** The strip that says what is wrong with the whole page; null takes it away. */
export function banner(text, onRetry = null) {
  const element = $('#banner');
  retry = onRetry;
  element.hidden = !text;
  $('p', element).textContent = text ?? '';
  $('button', element).hidden = !onRetry;
}
$('#banner button').addEventListener('click', () => retry?.());
