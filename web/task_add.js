// Owns adding: the form, showing a task before it is saved, and what becomes of one that could not be.

import { expected } from './api.js';
import { fieldError, onSubmit, showError } from './forms.js';
import { taskFields } from './task_fields.js';
import * as store from './task_store.js';
import { $, say } from './ui.js';

/** `added()` runs after each task that was saved. */
export class TaskAdd {
  #form; #fields; #list; #added;

  constructor(form, list, added) {
    this.#form = form; this.#list = list; this.#added = added;
    this.#fields = taskFields($('.task-fields', form));
    const more = $('#add-more', form);
    more.onclick = () => this.#open(more.ariaExpanded !== 'true');
    onSubmit(form, async () => this.#submit());
  }

  get #title() { return this.#form.elements.title; }
  get dirty() { return !!this.#title.value.trim(); }

  #open(open) {
    $('#add-more', this.#form).ariaExpanded = open;
    $('.task-fields', this.#form).hidden = !open;
  }

  #submit() {
    if (!this.dirty) {
      fieldError(this.#title, 'Write what needs doing first.');
      this.#title.focus();
      return;
    }
    if (this.#fields.complain()) return;
    const draft = { id: store.newId(), title: this.#title.value, ...this.#fields.read() };
    const now = new Date().toISOString();
    const row = this.#list.insert({ description: null, completed: false, created_at: now, updated_at: now, ...draft, unsaved: { draft } });
    this.#title.value = '';
    this.#fields.set({});
    this.send(row);
  }

  /** Sends a task that is shown already. Where the server refuses it, it goes back into the form. */
  async send({ task }) {
    const { draft } = task.unsaved;
    this.#list.update({ ...task, unsaved: { draft } });
    try {
      this.#list.update(await store.create(draft));
      say(`Added: ${draft.title}`);
      this.#added();
    } catch (error) {
      expected(error);
      if (!error.away && !this.dirty) {
        this.revise({ task });
        showError(this.#form, error);
      } else {
        this.#list.update({ ...task, unsaved: { draft, error: error.message } });
      }
    }
  }

  /** Takes a task that is not saved out of the list and back into the form. */
  revise({ task }) {
    this.#list.remove(task.id);
    this.#title.value = task.title;
    this.#fields.set(task);
    if (task.due_date || task.tags.length || task.priority !== 'medium') this.#open(true);
    this.#title.focus();
  }
}
