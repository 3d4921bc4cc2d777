// Owns the endless list: pages by the Link header, and only the rows near the window in the document.

import { expected } from './api.js';
import { $, make, say } from './ui.js';

const CHUNK = 50;

/**
 * Rows lie in chunks. One that is far from the window keeps its height and drops its rows, so ten thousand tasks cost no
 * more than a few hundred. Chunk 0 is for what was just added, and what is being edited, whatever the filter.
 */
export class TaskList {
  #root; #tail; #empty; #makeRow; #load; #next; #controller; #stalled = false; #chunks = []; #rows = new Map();
  loadedAt = 0;
  total = NaN;
  #near = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: '1500px 0px' });
  #end = new IntersectionObserver((entries) => { if (entries.at(-1).isIntersecting) this.#more(); }, { rootMargin: '2000px 0px' });

  constructor(el, makeRow) {
    [this.#root, this.#tail, this.#empty] = ['.list', '.tail', '.empty'].map((part) => $(part, el));
    this.#makeRow = makeRow;
    this.#button.onclick = () => this.retry();
    this.#root.addEventListener('keydown', (event) => this.#key(event));
    this.#newChunk([]);
  }

  get #words() { return $('span', this.#tail); }
  get #button() { return $('button', this.#tail); }
  get ids() { return this.#chunks.flatMap((chunk) => chunk.tasks.map((task) => task.id)); }
  row(id) { return this.#rows.get(id); }
  get rows() { return [...this.#rows.values()]; }
  /** The loading of a page failed; retry() goes on. */
  get stalled() { return this.#stalled; }

  /** Loads anew; `load(next, signal)` gives {tasks, next, total}. Old rows stay until the first page is there. */
  async reset(load) {
    this.#controller?.abort();
    this.#load = load;
    this.#next = null;
    await this.#fetch(true);
  }

  retry() { return this.#load && this.#fetch(!this.loadedAt); }

  async #more() {
    if (this.#next && !this.#controller && !this.#stalled) await this.#fetch(false);
  }

  async #fetch(first) {
    const controller = this.#controller = new AbortController();
    this.#stalled = false;
    if (first) Object.assign(this, { loadedAt: 0, total: NaN });
    this.#root.ariaBusy = true;
    this.#button.hidden = true;
    this.#words.textContent = first && this.ids.length ? '' : 'Loading…';
    try {
      const page = await this.#load(first ? null : this.#next, controller.signal);
      if (controller.signal.aborted) return;
      if (first) {
        Object.assign(this, { loadedAt: Date.now(), total: page.total });
        this.#clear();
      }
      this.#append(page.tasks);
      this.#next = page.next;
      this.#words.textContent = '';
      if (!first) say(`${page.tasks.length} more tasks.`);
    } catch (error) {
      if (controller.signal.aborted) return;
      expected(error);
      if (first) this.#clear();
      this.#stalled = true;
      this.#words.textContent = `The tasks could not be loaded. ${error.message}`;
      this.#button.hidden = false;
    } finally {
      if (this.#controller === controller) {
        this.#controller = null;
        this.#root.ariaBusy = null;
        this.#settle();
      }
    }
  }

  #clear() {
    const kept = this.rows.filter((row) => row.pinned);
    const focused = document.activeElement;
    for (const { el } of this.#chunks) { this.#near.unobserve(el); el.remove(); }
    this.#rows.clear();
    this.#chunks = [];
    const chunk = this.#newChunk(kept.map((row) => row.task));
    chunk.filled = true;
    for (const row of kept) { this.#rows.set(row.task.id, row); chunk.el.append(row.el); }
    if (chunk.el.contains(focused)) focused.focus();
  }

  #append(tasks) {
    const here = new Set(this.ids);
    const fresh = tasks.filter((task) => !here.has(task.id));
    // A kept row that the page shows as well now knows the saved version.
    for (const task of tasks) if (here.has(task.id)) this.update(task);
    for (let i = 0; i < fresh.length; i += CHUNK) {
      const chunk = this.#newChunk(fresh.slice(i, i + CHUNK));
      // What is further down is made when it comes near; its height is a guess.
      if (this.#chunks.length < 4) this.#fill(chunk); else chunk.el.style.blockSize = `${4.5 * chunk.tasks.length}rem`;
    }
  }

  #newChunk(tasks) {
    const el = make('div', { className: 'chunk', role: 'none' });
    const chunk = { el, tasks, filled: tasks.length === 0 };
    el.chunk = chunk;
    this.#chunks.push(chunk);
    this.#root.append(el);
    this.#near.observe(el);
    return chunk;
  }

  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#fill(target.chunk); else this.#drop(target.chunk, target);
    }
  }

  #fill(chunk) {
    if (chunk.filled) return;
    chunk.filled = true;
    chunk.el.style.blockSize = '';
    chunk.el.append(...chunk.tasks.map((task) => this.#row(task).el));
  }

  #drop(chunk, el) {
    const rows = chunk.tasks.map((task) => this.#rows.get(task.id));
    if (!chunk.filled || !rows.length || el.contains(document.activeElement) || rows.some((row) => row.pinned)) return;
    const { height } = el.getBoundingClientRect();
    if (!height) return; // the whole page is hidden
    el.style.blockSize = `${height}px`;
    chunk.filled = false;
    for (const { id } of chunk.tasks) this.#rows.delete(id);
    el.replaceChildren();
  }

  #row(task) {
    const row = this.#makeRow(task);
    this.#rows.set(task.id, row);
    return row;
  }

  #settle() {
    const nothing = !this.#next && !this.#stalled && !this.#controller && !this.ids.length;
    this.#empty.hidden = !nothing;
    this.#root.hidden = nothing;
    this.#end.unobserve(this.#tail);
    if (this.#next && !this.#stalled) this.#end.observe(this.#tail);
  }

  #find(id) {
    for (const chunk of this.#chunks) {
      const index = chunk.tasks.findIndex((task) => task.id === id);
      if (index >= 0) return { chunk, index };
    }
    return null;
  }

  has(id) { return !!this.#find(id); }

  update(task) {
    const place = this.#find(task.id);
    if (!place) return;
    place.chunk.tasks[place.index] = task;
    this.#rows.get(task.id)?.update(task);
  }

  /** Takes a task out and returns its place, for restore(); the focus moves on to the next row. */
  remove(id) {
    const place = this.#find(id);
    if (!place) return null;
    const row = this.#rows.get(id);
    const next = row?.el.contains(document.activeElement) && (this.#beside(row.el, 1) ?? this.#beside(row.el, -1));
    place.task = place.chunk.tasks.splice(place.index, 1)[0];
    this.#rows.delete(id);
    row?.el.remove();
    this.#settle();
    if (next) next.row.focus(); else if (next === null) $('#new-title').focus();
    return place;
  }

  restore({ chunk, index, task }) {
    if (this.has(task.id)) return this.row(task.id);
    // Loaded anew in between: the top is the place.
    if (!this.#chunks.includes(chunk)) return this.insert(task);
    const at = Math.min(index, chunk.tasks.length);
    chunk.tasks.splice(at, 0, task);
    if (chunk.filled) chunk.el.insertBefore(this.#row(task).el, chunk.el.children[at] ?? null);
    this.#settle();
    return this.row(task.id);
  }

  /** Shows a task on top. */
  insert(task) {
    const [chunk] = this.#chunks;
    chunk.tasks.unshift(task);
    chunk.filled = true;
    chunk.el.style.blockSize = '';
    const row = this.#row(task);
    chunk.el.prepend(row.el);
    this.#settle();
    return row;
  }

  #beside(el, step) {
    const [sibling, child] = step > 0 ? ['nextElementSibling', 'firstElementChild'] : ['previousElementSibling', 'lastElementChild'];
    let found = el[sibling];
    for (let chunk = el.parentElement[sibling]; chunk && !found; chunk = chunk[sibling]) {
      this.#fill(chunk.chunk);
      found = chunk[child];
    }
    return found;
  }

  #key(event) {
    const el = event.target.closest('.task');
    if (!el || event.target.closest('.editor') || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.#beside(el, step)?.row.focus();
    } else if (event.key === 'Delete' && !el.row.task.unsaved) {
      event.preventDefault();
      el.row.parts.remove.click();
    }
  }
}
