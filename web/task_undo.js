// Owns deleting with undo, and undoing a tick that took its task out of the list.

import { ApiError } from './api.js';
import { chooseVersion } from './conflict.js';
import * as store from './task_store.js';
import { say, toast } from './ui.js';

export class TaskUndo {
  #page;

  constructor(page) { this.#page = page; }

  /** Nothing is sent until the message is gone, so Undo brings back exactly what was. */
  remove({ task }) {
    const { list, held, counts } = this.#page;
    const place = list.remove(task.id);
    const deletion = store.deletion(task);
    held.set(task.id, { task, deletion });
    counts.draw();
    toast(`Deleted: ${task.title}`, {
      action: 'Undo',
      onClose: (acted) => (acted ? this.#bring(place) : this.#commit(place, deletion)),
    });
  }

  #bring(place) {
    this.#back(place, place.task).focus();
    say(`Back again: ${place.task.title}`);
  }

  #back(place, task) {
    const { list, held, counts } = this.#page;
    held.delete(task.id);
    const row = list.restore({ ...place, task });
    counts.draw();
    return row;
  }

  async #commit(place, deletion) {
    const { held, counts } = this.#page;
    const { task } = place;
    try {
      await deletion.now();
      held.delete(task.id);
      counts.recount();
    } catch (error) {
      if (this.#page.gone) return;
      const theirs = error instanceof store.Conflict ? error.theirs : null;
      const row = this.#back(place, theirs ?? task);
      if (theirs) await this.#conflict(task, theirs, row);
      else if (error instanceof ApiError) toast(`“${task.title}” was not deleted. ${error.message}`, { alert: true });
      else throw error;
    }
  }

  async #conflict(mine, theirs, row) {
    const answer = await chooseVersion(mine, theirs, {
      text: `“${mine.title}” was changed elsewhere before you deleted it.`, keep: 'Delete it as it is now', take: 'Keep it',
    });
    if (answer === 'mine') this.remove(row);
  }

  /** The task no longer belongs into the list that is shown. */
  ticked(task) {
    const { list } = this.#page;
    const place = list.remove(task.id);
    toast(`${task.completed ? 'Done' : 'Open again'}: ${task.title}`, {
      action: 'Undo',
      onClose: (acted) => {
        if (!acted || this.#page.gone) return;
        const row = list.restore({ ...place, task });
        row.parts.check.click();
        row.focus();
      },
    });
  }
}
