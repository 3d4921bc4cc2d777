// Owns what the list shows: the address's hash to filters, filters to the API's query, and whether a task fits them.

import { isOverdue } from './dates.js';

export const SHOW = {
  open: { name: 'Open', count: 'pending', query: { completed: 'false' }, fits: (t) => !t.completed, empty: ['Nothing to do', 'Enjoy it, or write down what comes next.'] },
  overdue: { name: 'Overdue', count: 'overdue', query: { overdue: 'true' }, fits: (t) => isOverdue(t), empty: ['Nothing is late', 'Every due date is still ahead of you.'] },
  done: { name: 'Done', count: 'completed', query: { completed: 'true' }, fits: (t) => t.completed, empty: ['Nothing done yet', 'What you tick off comes to rest here.'] },
  all: { name: 'All', count: 'total', query: {}, fits: () => true, empty: ['A clean page', 'Write down what is on your mind.'] },
};

export const SORT = {
  '-created_at': 'Newest first', created_at: 'Oldest first', due_date: 'Due date', '-priority': 'Priority',
  title: 'Title', '-updated_at': 'Last changed',
};
const NEWEST = '-created_at';
const PRIORITIES = ['high', 'medium', 'low'];

/** Reads "#/tasks?show=…&q=…"; what makes no sense falls back to the default. */
export function fromHash(hash) {
  const query = new URLSearchParams(hash.split('?')[1] ?? '');
  const known = (table, value, other) => (Object.hasOwn(table, value ?? '') ? value : other);
  return {
    show: known(SHOW, query.get('show'), 'open'), sort: known(SORT, query.get('sort'), NEWEST),
    q: query.get('q') ?? '', tags: query.getAll('tag'),
    priorities: PRIORITIES.filter((p) => query.getAll('priority').includes(p)),
  };
}

/** Only what differs from the default, so that an address stays short. */
export function toHash({ show, sort, q, tags, priorities }) {
  const query = new URLSearchParams();
  if (show !== 'open') query.set('show', show);
  if (q) query.set('q', q);
  for (const tag of tags) query.append('tag', tag);
  for (const priority of priorities) query.append('priority', priority);
  if (sort !== NEWEST) query.set('sort', sort);
  const text = query.toString();
  return text ? `#/tasks?${text}` : '#/tasks';
}

export function toQuery({ show, sort, q, tags, priorities }) {
  const query = new URLSearchParams({ ...SHOW[show].query, sort, count: 'true' });
  if (q.trim()) query.set('q', q.trim());
  for (const tag of tags) query.append('tag', tag);
  if (priorities.length) query.set('priority', priorities.join(','));
  return query;
}

export const toggled = (list, item) => (list.includes(item) ? list.filter((other) => other !== item) : [...list, item]);

export const isNarrowed = ({ q, tags, priorities }) => !!q.trim() || tags.length > 0 || priorities.length > 0;

/** Whether a task from another tab shall appear; near enough, the server has the last word. */
export function fits(task, { show, q, tags, priorities }) {
  return SHOW[show].fits(task)
    && (!q.trim() || `${task.title}\n${task.description ?? ''}`.toLowerCase().includes(q.trim().toLowerCase()))
    && tags.every((tag) => task.tags.includes(tag))
    && (!priorities.length || priorities.includes(task.priority));
}
