// Owns one task in the list: showing it, ticking it, editing it in place, and a task that could not be saved yet.

import { expected } from './api.js';
import { chooseVersion } from './conflict.js';
import { inWords, isOverdue } from './dates.js';
import { formError, onSubmit } from './forms.js';
import { taskFields } from './task_fields.js';
import * as store from './task_store.js';
import { $, ask, clone, make, say, tieLabels, toast } from './ui.js';

/**
 * A row for `task`. The host hears what happened: changed(task, row), gone(id), replaced(id, task),
 * remove(row), tag(name), and for a task that is not saved yet again(row), revise(row), discard(row).
 */
export class TaskRow {
  #host; #editor = null; #wanted = null;

  constructor(task, host) {
    this.#host = host;
    this.el = clone('t-row');
    const parts = { check: '.check input', title: '.task-title', notes: '.task-notes', meta: '.task-meta', remove: '.delete' };
    this.parts = Object.fromEntries(Object.entries(parts).map(([name, selector]) => [name, $(selector, this.el)]));
    this.el.row = this;
    this.parts.check.onchange = () => this.#tick(this.parts.check.checked);
    this.parts.title.onclick = () => this.edit();
    this.parts.remove.onclick = () => this.#host.remove(this);
    this.update(task);
  }

  /** Must not be thrown away: something is typed in it, or it is not saved. */
  get pinned() { return !!this.#editor || !!this.task.unsaved; }
  get dirty() { return !!this.task.unsaved || (!!this.#editor && Object.keys(this.#editor.patch()).length > 0); }

  update(task) {
    this.task = task;
    if (this.#editor) return;
    const { check, title, notes, meta, remove } = this.parts;
    const { unsaved } = task;
    this.el.classList.toggle('done', task.completed);
    this.el.classList.toggle('unsaved', !!unsaved);
    check.checked = task.completed;
    check.disabled = title.disabled = !!unsaved;
    check.ariaLabel = `Done: ${task.title}`;
    title.textContent = task.title;
    notes.textContent = task.description ?? '';
    notes.hidden = !task.description;
    remove.ariaLabel = `Delete ${task.title}`;
    remove.hidden = !!unsaved;
    meta.replaceChildren(...this.#meta(task));
    if (unsaved?.error) meta.append(...this.#failed(unsaved.error));
  }

  #meta({ due_date: due, priority, tags, ...task }) {
    const items = [];
    if (due) {
      const late = isOverdue({ due_date: due, ...task });
      items.push(make('time', { dateTime: due, className: late ? 'due late' : 'due', textContent: late ? `Overdue: ${inWords(due)}` : inWords(due) }));
    }
    if (priority !== 'medium') items.push(make('span', { className: `priority ${priority}`, textContent: priority === 'high' ? 'High' : 'Low' }));
    for (const tag of tags) {
      items.push(make('button', {
        className: 'tag', dir: 'auto', textContent: tag, ariaLabel: `${tag}: show tasks with this tag`,
        onclick: () => this.#host.tag(tag),
      }));
    }
    return items;
  }

  #failed(error) {
    const button = (textContent, action) => make('button', { className: 'plain', textContent, onclick: () => this.#host[action](this) });
    return [make('p', { className: 'error', role: 'alert', textContent: `Not saved yet. ${error}` }),
      button('Try again', 'again'), button('Edit', 'revise'), button('Discard', 'discard')];
  }

  focus() { (this.#editor?.first ?? this.parts.title).focus(); }

  // The tick shows at once; those that come while one is on its way follow.
  async #tick(completed) {
    const first = this.#wanted === null;
    this.#wanted = completed;
    this.el.classList.toggle('done', completed);
    if (!first) return;
    let { task } = this, gone = false;
    try {
      while (task.completed !== this.#wanted) task = await this.#set(task, this.#wanted);
    } catch (error) {
      if (error instanceof store.Conflict) gone = true;
      else expected(error);
      const why = gone ? 'It was deleted elsewhere.' : error.message;
      toast(`“${task.title}” was not changed. ${why}`, { alert: true });
    }
    this.#wanted = null;
    this.update(task);
    if (gone) this.#host.gone(task.id); else this.#host.changed(task, this);
  }

  async #set(task, completed) {
    try {
      return await store.change(task, { completed });
    } catch (error) {
      const { theirs } = error;
      if (!theirs) throw error;
      const mark = completed ? 'Mark it done' : 'Mark it open';
      const answer = await chooseVersion({ ...task, completed }, theirs, {
        text: `“${task.title}” was changed elsewhere meanwhile.`, keep: `${mark} as it is now`, take: 'Leave it',
      });
      if (answer !== 'mine') this.#wanted = theirs.completed;
      return theirs;
    }
  }

  /** Turns the row into a form. What is typed is kept until it is saved or cancelled. */
  edit() {
    if (this.#editor || this.task.unsaved) return;
    const base = this.task;
    const form = clone('t-editor');
    const { title, description } = form.elements;
    title.value = base.title;
    description.value = base.description ?? '';
    const fields = taskFields($('.task-fields', form));
    fields.set(base);
    tieLabels(form);
    const read = () => ({ title: title.value, description: description.value || null, ...fields.read() });
    // What the fields made of the task, not the task: a text area has its own line ends.
    const before = read();
    const patch = () => Object.fromEntries(Object.entries(read()).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));
    this.#editor = { form, first: title, patch };
    form.addEventListener('keydown', (event) => {
      if (event.isComposing) return;
      // Prevented, or the same key would close the question that it opens.
      if (event.key === 'Escape') { event.preventDefault(); this.#leave(); }
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
    });
    $('.cancel', form).onclick = () => this.#leave();
    onSubmit(form, async () => { if (!fields.complain()) await this.#save(base, patch(), form); });
    this.el.classList.add('editing');
    this.el.replaceChildren(form);
    title.focus();
  }

  async #leave() {
    const answer = !this.dirty || await ask('Leave your changes?', 'What you typed in this task is not saved.',
      [['leave', 'Leave them', 'danger'], ['', 'Go on editing']]);
    if (answer) this.#close();
  }

  #close() {
    if (!this.#editor) return;
    this.#editor = null;
    this.el.classList.remove('editing');
    this.el.replaceChildren(this.parts.check.parentElement, this.parts.title.parentElement, this.parts.remove);
    this.update(this.task);
    this.focus();
  }

  async #save(base, patch, form) {
    if (!Object.keys(patch).length) { this.#close(); return; }
    try {
      this.#saved(await store.change(base, patch));
    } catch (error) {
      if (!(error instanceof store.Conflict)) throw error;
      await (error.theirs ? this.#conflict(base, patch, error.theirs, form) : this.#deleted(base, patch, form));
    }
  }

  #saved(task) {
    this.task = task;
    this.#close();
    say('Saved.');
    this.#host.changed(task, this);
  }

  async #conflict(base, patch, theirs, form) {
    const answer = await chooseVersion({ ...theirs, ...patch }, theirs, {
      text: 'This task was saved elsewhere after you began. Which version shall stay?',
      keep: 'Save mine', take: 'Take the saved one',
    });
    if (answer === 'mine') await this.#save(theirs, patch, form);
    else if (answer === 'theirs') this.#saved(theirs);
    else formError(form, 'Not saved: this task was changed elsewhere. Save again to compare the two.');
  }

  async #deleted(base, patch, form) {
    const answer = await ask('Deleted elsewhere', 'This task was deleted while you were editing it.',
      [['gone', 'Let it go'], ['new', 'Save mine as a new task', 'primary']]);
    if (answer === 'gone') {
      this.#editor = null;
      this.#host.gone(base.id);
    } else if (answer === 'new') {
      const made = await store.create({ ...base, ...patch, id: store.newId() });
      this.#editor = null;
      this.#host.replaced(base.id, made);
    } else {
      formError(form, 'Not saved: this task was deleted elsewhere.');
    }
  }
}
