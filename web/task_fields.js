// Owns the fields that adding and editing share: priority, due date and time, and tags as chips.

import { fromFields, toFields } from './dates.js';
import { fieldError } from './forms.js';
import { $, $$, icon, make, say, tieLabels } from './ui.js';

/** Fills `container` with the fields. Returns set(task), read() and complain(). */
export function taskFields(container) {
  container.append(document.getElementById('t-fields').content.cloneNode(true));
  tieLabels(container);
  const field = (name) => $(`[name=${name}]`, container);
  const tags = tagInput($('.tag-input', container));
  let due = null;
  return {
    set(task) {
      due = task.due_date ?? null;
      const fields = toFields(due);
      field('priority').value = task.priority ?? 'medium';
      field('due_date').value = fields.date;
      field('due_time').value = fields.time;
      tags.set(task.tags ?? []);
    },
    read() {
      const time = field('due_time').value;
      const day = field('due_date').value || (time && toFields(new Date().toISOString()).date);
      return { priority: field('priority').value, due_date: fromFields(day, time, due), tags: tags.get() };
    },
    /** A date that is typed half has no value, and would be lost without a word. */
    complain() {
      const half = $$('input', container).find((input) => input.validity.badInput);
      if (!half) return false;
      fieldError(half, half.type === 'date' ? 'This date is not complete.' : 'This time is not complete.');
      half.focus();
      return true;
    },
  };
}

function tagInput(box) {
  const input = $('input', box);
  const chips = () => $$('.chip-tag', box);
  const values = () => chips().map((chip) => chip.value);

  function add(text) {
    const tag = text.trim();
    input.value = '';
    if (!tag || values().includes(tag)) return;
    const chip = make('span', { className: 'chip-tag' }, make('bdi', { textContent: tag }));
    chip.value = tag;
    chip.append(make('button', { ariaLabel: `Remove tag ${tag}`, onclick: () => remove(chip) }, icon('close')));
    input.before(chip);
  }
  function remove(chip) {
    say(`Tag ${chip.value} removed.`);
    chip.remove();
    input.focus();
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }

  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    const text = input.value.trim();
    if ((event.key === 'Enter' || event.key === ',') && !event.ctrlKey && !event.metaKey && (text || event.key === ',')) {
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && !input.value && chips().length) {
      remove(chips().at(-1));
    }
  });
  input.addEventListener('change', () => add(input.value));
  return {
    get: () => [...new Set([...values(), input.value.trim()])].filter(Boolean),
    set(tags) {
      for (const chip of chips()) chip.remove();
      for (const tag of tags) add(tag);
    },
  };
}
