// Owns the numbers beside the lists, the tags to filter by, and clearing what is completed.

import { expected } from './api.js';
import { SHOW, toggled } from './filters.js';
import * as store from './task_store.js';
import { $, $$, ask, make, say, toast } from './ui.js';

const PAUSE = 250;
const TAGS = 15;
export const number = (n) => n.toLocaleString('en');

/** `page` is a TasksView; its `held` are the deletions that can still be undone. */
export class TaskCounts {
  #page; #timer = 0; #stats = null; #asked = 0;

  constructor(page) {
    this.#page = page;
    $('#clear-done', page.el).onclick = () => this.#clear();
  }

  /** Asks the server soon; many changes in a row make one question. */
  recount() {
    clearTimeout(this.#timer);
    if (this.#page) this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#page = null;
  }

  async #ask() {
    const mine = ++this.#asked;
    try {
      const [stats, tags] = await Promise.all([store.stats(), store.tags()]);
      // Answers may overtake each other.
      if (!this.#page || mine !== this.#asked) return;
      this.#stats = stats;
      this.draw();
      this.#drawTags(tags);
    } catch (error) {
      // The numbers stay; the strip on top tells what is wrong.
      expected(error);
    }
  }

  draw() {
    const { el, state, held } = this.#page;
    const stats = this.#stats;
    if (!stats) return;
    const away = [...held.values()].map(({ task }) => task);
    for (const [name, { count, fits }] of Object.entries(SHOW)) {
      const n = Math.max(0, stats[count] - away.filter(fits).length);
      const link = $(`[data-show=${name}]`, el);
      $('.count', link).textContent = number(n);
      link.classList.toggle('some', n > 0);
    }
    $('#clear-done', el).hidden = !stats.completed || !['done', 'all'].includes(state.show);
  }

  #drawTags(tags) {
    const { el, state, go } = this.#page;
    const top = tags.slice(0, TAGS);
    const extra = state.tags.filter((tag) => !top.some((t) => t.tag === tag)).map((tag) => ({ tag, count: 0 }));
    const box = $('#tag-filter .chips', el);
    const focused = document.activeElement;
    // The same tag keeps its element, or a click that has begun on it would be lost.
    const chips = new Map($$('.chip', box).map((chip) => [chip.value, chip]));
    box.replaceChildren(...[...top, ...extra].map(({ tag, count }) => {
      const onclick = () => go({ tags: toggled(this.#page.state.tags, tag) });
      const chip = chips.get(tag) ?? make('button', { className: 'chip', value: tag, onclick },
        make('bdi', { textContent: tag }), make('span', { className: 'count' }));
      chip.ariaPressed = state.tags.includes(tag);
      chip.lastChild.textContent = number(count);
      return chip;
    }));
    if (box.contains(focused)) focused.focus();
    $('#tag-filter', el).hidden = !box.children.length;
    $('#known-tags').replaceChildren(...tags.slice(0, 200).map(({ tag }) => make('option', { value: tag })));
  }

  async #clear() {
    const n = this.#stats.completed;
    const text = `${number(n)} completed ${n === 1 ? 'task is' : 'tasks are'} deleted for good.`;
    const answer = await ask('Clear completed?', text, [['yes', 'Delete them', 'danger'], ['', 'Keep them']]);
    if (answer !== 'yes') return;
    try {
      await store.clearCompleted();
      say('The completed tasks are deleted.');
      this.recount();
      await this.#page?.load();
    } catch (error) {
      expected(error);
      toast(`Nothing was deleted. ${error.message}`, { alert: true });
    }
  }
}
