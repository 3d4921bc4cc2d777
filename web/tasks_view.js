// Owns the tasks page as a whole: what the address says is shown, the controls, and news from elsewhere.

import * as filters from './filters.js';
import { TaskAdd } from './task_add.js';
import { TaskCounts, number } from './task_counts.js';
import { TaskList } from './task_list.js';
import { TaskRow } from './task_row.js';
import * as store from './task_store.js';
import { TaskUndo } from './task_undo.js';
import { $, $$, clone, make, say } from './ui.js';

const SEARCH_PAUSE = 200;
const STALE = 30000;

/** After leave() it does nothing any more. */
export class TasksView {
  #searching = 0;

  constructor() {
    Object.assign(this, { el: clone('t-tasks'), state: null, gone: false, held: new Map() });
    this.go = this.go.bind(this);
    const { el } = this;
    this.counts = new TaskCounts(this);
    this.undo = new TaskUndo(this);
    this.list = new TaskList(el, (task) => new TaskRow(task, host));
    this.add = new TaskAdd($('.add', el), this.list, () => this.counts.recount());
    const host = this.#host();
    this.#controls();
    this.counts.recount();
  }

  /** Something would be lost if the page went away now. */
  get dirty() { return store.busy() || this.add.dirty || this.list.rows.some((row) => row.dirty); }

  /** The page goes away: what was deleted is deleted now. */
  unload() { for (const { deletion } of this.held.values()) deletion.leaving(); }

  leave() {
    this.gone = true;
    this.counts.stop();
    clearTimeout(this.#searching);
  }

  // What the rows tell; see task_row.js.
  #host() {
    const { list, counts, undo, add } = this;
    return {
      changed: (task, row) => this.#changed(task, row),
      gone(id) { list.remove(id); counts.recount(); },
      replaced(id, task) { list.restore({ ...list.remove(id), task }).focus(); counts.recount(); },
      remove: (row) => undo.remove(row),
      tag: (tag) => { if (!this.state.tags.includes(tag)) this.go({ tags: [...this.state.tags, tag] }); },
      again: (row) => add.send(row),
      revise: (row) => add.revise(row),
      discard: (row) => list.remove(row.task.id),
    };
  }

  #changed(task, row) {
    this.list.update(task);
    this.counts.recount();
    // Only a tick moves a task out of sight; after an edit it stays where the person looks.
    const moved = { open: task.completed, overdue: task.completed, done: !task.completed }[this.state.show];
    if (moved && !row.pinned && this.list.has(task.id)) this.undo.ticked(task);
  }

  /** The address holds what is shown, so that reload, back and a bookmark work. */
  go(change, replace = false) {
    const hash = filters.toHash({ ...this.state, ...change });
    if (!replace) { location.hash = hash; return; }
    history.replaceState(null, '', hash);
    this.show(hash);
  }

  show(hash) {
    const next = filters.fromHash(hash);
    if (JSON.stringify(next) === JSON.stringify(this.state)) return;
    this.state = next;
    this.#draw();
    this.counts.draw();
    this.load();
  }

  #draw() {
    const { el, state } = this;
    const { name, empty } = filters.SHOW[state.show];
    const narrowed = filters.isNarrowed(state);
    $('h1', el).textContent = name;
    for (const link of $$('.views a', el)) {
      link.href = filters.toHash({ ...state, show: link.dataset.show });
      link.ariaCurrent = link.dataset.show === state.show ? 'page' : null;
    }
    for (const chip of $$('.chip', el)) chip.ariaPressed = (chip.matches('[data-priority]') ? state.priorities : state.tags).includes(chip.value);
    const search = $('.search input', el);
    if (document.activeElement !== search) search.value = state.q;
    $('#sort', el).value = state.sort;
    const [title, words] = narrowed ? ['Nothing found', 'Try other words, or clear the filters.'] : empty;
    $('.empty h2', el).textContent = title;
    $('.empty p', el).textContent = words;
    $('.active', el).hidden = !narrowed;
  }

  async load() {
    const query = filters.toQuery(this.state);
    await this.list.reset(async (next, signal) => {
      const page = await store.page(next ?? query, signal);
      return { ...page, tasks: page.tasks.filter(({ id }) => !this.held.has(id)) };
    });
    this.#drawFound();
  }

  #drawFound() {
    const { state: { q, tags, priorities }, list: { total } } = this;
    if (!filters.isNarrowed(this.state)) return;
    const by = [q.trim() && `“${q.trim()}”`, ...tags, ...priorities.map((p) => `${p} priority`)].filter(Boolean).join(', ');
    const words = Number.isNaN(total) ? by : `${number(total)} found: ${by}`;
    if ($('.active span', this.el).textContent !== words) say(words);
    $('.active span', this.el).textContent = words;
  }

  #controls() {
    const { el, go } = this;
    const search = $('.search input', el);
    const sort = $('#sort', el);
    const toggle = $('#filter-toggle', el);
    sort.append(...Object.entries(filters.SORT).map(([value, textContent]) => make('option', { value, textContent })));
    sort.onchange = () => go({ sort: sort.value });
    search.oninput = () => {
      clearTimeout(this.#searching);
      this.#searching = setTimeout(() => go({ q: search.value }, true), SEARCH_PAUSE);
    };
    for (const chip of $$('[data-priority]', el)) {
      chip.onclick = () => go({ priorities: filters.toggled(this.state.priorities, chip.value) });
    }
    $('#clear-filters', el).onclick = () => {
      search.value = '';
      search.focus();
      go({ q: '', tags: [], priorities: [] });
    };
    toggle.onclick = () => {
      const open = toggle.ariaExpanded !== 'true';
      toggle.ariaExpanded = open;
      $('#filters', el).classList.toggle('open', open);
    };
  }

  /** Another tab has written. */
  hear({ kind, task, id = task?.id }) {
    const { list } = this;
    const pinned = list.row(id)?.pinned;
    store.wrote();
    if (kind === 'all') this.load();
    else if (kind === 'gone') { if (!pinned) list.remove(id); }
    else if (!list.has(id)) { if (filters.fits(task, this.state) && !this.held.has(id)) list.insert(task); }
    else if (pinned || filters.SHOW[this.state.show].fits(task)) list.update(task);
    else list.remove(id);
    this.counts.recount();
  }

  /** The server is there again. */
  back() {
    if (this.list.stalled) this.list.retry();
    for (const row of this.list.rows) if (row.task.unsaved?.error) this.add.send(row);
    this.counts.recount();
  }

  /** Somebody looks again; another device may have been at work. */
  look() {
    const { loadedAt } = this.list;
    if (document.hidden || this.el.hidden || !loadedAt || Date.now() - loadedAt < STALE) return;
    this.counts.recount();
    // Further down the rows would move away under the eyes.
    if (scrollY < 200) this.load();
  }
}
