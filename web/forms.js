// Owns forms: errors beside the field that they belong to, the busy state, and showing a password.

import { expected, sentence } from './api.js';
import { $, $$, make } from './ui.js';

let counter = 0;

/** Takes every error off the form. */
function clearErrors(form) {
  for (const control of $$('[aria-invalid]', form)) clearField(control);
  $('.form-error', form).hidden = true;
}

function clearField(control) {
  control.ariaInvalid = null;
  $('.error', control.closest('.field'))?.remove();
}

/** A sentence below one control. */
export function fieldError(control, text) {
  clearField(control);
  const field = control.closest('.field');
  field.append(make('p', { className: 'error', textContent: text }));
  control.ariaInvalid = true;
  control.setAttribute('aria-describedby', $$('.hint, .error', field).map((e) => (e.id ||= `e${++counter}`)).join(' '));
}

/** A sentence for the whole form. */
export function formError(form, text) {
  const place = $('.form-error', form);
  place.textContent = text;
  place.hidden = false;
}

/**
 * Shows what the API said: errors[] below their fields ("tags[3]" is of "tags"), the rest above the form. `places` maps
 * an error's code to the field that it is about.
 */
export function showError(form, error, places = {}) {
  expected(error);
  clearErrors(form);
  const rest = [];
  const byName = new Map();
  for (const { field, detail } of error.fields) {
    const name = field.replace(/^\[\d+\]\.?/, '').replace(/[[.].*$/, '');
    if (form.elements[name]) byName.set(name, [...byName.get(name) ?? [], sentence(detail)]);
    else rest.push(`${field}: ${sentence(detail)}`);
  }
  if (places[error.code]) byName.set(places[error.code], [error.message]);
  for (const [name, sentences] of byName) fieldError(form.elements[name], [...new Set(sentences)].join(' '));
  if (!byName.size && !rest.length) rest.push(error.message + (error.away ? ' Nothing is lost: please try again in a moment.' : ''));
  if (rest.length) formError(form, rest.join(' '));
  ($('[aria-invalid]', form) ?? $('input:not([tabindex="-1"])', form)).focus();
}

/** Runs `work` when the form is sent, one at a time. The controls stay enabled: the focus and the text stay. */
export function onSubmit(form, work, places) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (form.ariaBusy) return;
    form.ariaBusy = true;
    clearErrors(form);
    try {
      await work(form.elements);
    } catch (error) {
      showError(form, error, places);
    } finally {
      form.ariaBusy = null;
    }
  });
  form.addEventListener('input', (event) => { if (event.target.ariaInvalid) clearField(event.target); });
  for (const button of $$('.reveal', form)) button.addEventListener('click', () => reveal(button));
}

function reveal(button) {
  const input = $('input', button.parentElement);
  const show = input.type === 'password';
  input.type = show ? 'text' : 'password';
  button.ariaPressed = show;
}
