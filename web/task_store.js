// Owns reading and writing tasks: every write of an existing task carries If-Match, and other tabs hear of it.

import { ApiError, call } from './api.js';
import { tell } from './session.js';

const FIRST_PAGE = 100;
const NEXT_PAGES = 200;
const known = new Map();
const writing = new Set();
let writes = 0;

/** Something was written, here or in another tab. */
export function wrote() { writes++; }

/** Somebody was faster. `theirs` is what stands there now, null if it is gone. */
export class Conflict extends Error {
  constructor(theirs) {
    super('It was changed elsewhere in between.');
    this.theirs = theirs;
  }
}

/** A UUIDv7. With an id of ours, a task that is sent again after a lost answer is not made twice. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 256 ** (5 - i)) % 256;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** One page: {tasks, next, total}; `next` is the query of the page after it, or null. */
export async function page(query, signal) {
  const before = writes;
  query = new URLSearchParams(query);
  query.set('limit', query.has('cursor') ? NEXT_PAGES : FIRST_PAGE);
  const { data: tasks, next, total } = await call('GET', 'tasks', { query, signal });
  // One that was asked for before a write may lack it.
  return before === writes ? { tasks, next, total } : page(query, signal);
}

export async function stats() { return (await call('GET', 'tasks/stats')).data; }
export async function tags() { return (await call('GET', 'tags')).data; }

function know({ data: task, etag }) {
  if (etag) known.set(task.id, { etag, at: task.updated_at });
  return task;
}

async function read(id) {
  try {
    return know(await call('GET', `tasks/${id}`));
  } catch (error) {
    if (error.status === 404) throw new Conflict(null);
    throw error;
  }
}

/** The ETag of exactly this version. Lists give none, so the first write of a task asks for it. */
async function tagOf(task) {
  if (known.get(task.id)?.at !== task.updated_at) {
    const fresh = await read(task.id);
    if (fresh.updated_at !== task.updated_at) throw new Conflict(fresh);
  }
  return known.get(task.id).etag;
}

function track(promise) {
  const quiet = promise.catch(() => {}).finally(() => { writing.delete(quiet); wrote(); });
  writing.add(quiet);
  return promise;
}

/** Nothing is on its way to the server any more. */
export async function settled() { while (writing.size) await Promise.all(writing); }
export const busy = () => writing.size > 0;

export function create(task) {
  return track((async () => {
    const made = know(await call('POST', 'tasks', { body: task }));
    tell({ kind: 'task', task: made });
    return made;
  })());
}

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** Sends only what changed. Throws Conflict. */
export function change(task, patch) {
  return track((async () => {
    let changed;
    try {
      const headers = { 'If-Match': await tagOf(task), 'Content-Type': 'application/merge-patch+json' };
      changed = know(await call('PATCH', `tasks/${task.id}`, { body: patch, headers }));
    } catch (error) {
      const theirs = await lost(error, task.id);
      // It may have been ourselves, and the answer was lost.
      if (!theirs || Object.keys(patch).some((name) => !same(theirs[name], patch[name]))) throw new Conflict(theirs);
      changed = theirs;
    }
    tell({ kind: 'task', task: changed });
    return changed;
  })());
}

/** What stands there when a write lost its race; any other error goes on. */
async function lost(error, id) {
  if (error instanceof Conflict) return error.theirs;
  if (error instanceof ApiError && error.status === 404) return null;
  if (!(error instanceof ApiError) || error.status !== 412) throw error;
  try {
    return await read(id);
  } catch (second) {
    if (second instanceof Conflict) return null;
    throw second;
  }
}

/**
 * A deletion that is undone by not doing it. `now()` deletes, or throws Conflict; `leaving()` deletes while the page goes
 * away, when there is no time to ask anything.
 */
export function deletion(task) {
  tagOf(task).catch(() => {}); // now() asks again
  const remove = (etag, keepalive) => call('DELETE', `tasks/${task.id}`, { headers: { 'If-Match': etag }, keepalive });
  return {
    now: () => track((async () => {
      try {
        await remove(await tagOf(task), false);
      } catch (error) {
        const theirs = await lost(error, task.id);
        if (theirs) throw new Conflict(theirs);
      }
      known.delete(task.id);
      tell({ kind: 'gone', id: task.id });
    })()),
    leaving() {
      const version = known.get(task.id);
      if (version?.at === task.updated_at) remove(version.etag, true).catch(() => {});
    },
  };
}

export async function clearCompleted() {
  await track(call('DELETE', 'tasks', { query: { completed: 'true' } }));
  tell({ kind: 'all' });
}
