// Owns the start, and which page the address shows to whom.

import { accountView, devices } from './account_view.js';
import { expected } from './api.js';
import { onBack } from './connection.js';
import * as session from './session.js';
import { signView } from './sign_view.js';
import { settled } from './task_store.js';
import { TasksView } from './tasks_view.js';
import { $, $$, closeToasts, toast } from './ui.js';

const main = $('#main');
let tasks = null;
let account = null;
let shown = '';
let wanted = '';
let note = '';

const TITLES = { signin: 'Sign in', signup: 'Sign up', account: 'Account', tasks: 'Tasks' };

function route() {
  const user = session.current();
  let page = /^#\/(\w+)/.exec(location.hash)?.[1];
  const open = page === 'signin' || page === 'signup';
  if (!TITLES[page] || open === !!user) {
    if (!user && TITLES[page]) wanted = location.hash;
    history.replaceState(null, '', user ? wanted || '#/tasks' : '#/signin');
    if (user) wanted = '';
    page = /^#\/(\w+)/.exec(location.hash)[1];
  }
  show(page);
}

function show(page) {
  const first = !shown;
  const moved = page !== shown;
  shown = page;
  document.title = `${TITLES[page]} · Todo`;
  for (const link of $$('#me a')) link.ariaCurrent = link.hash === `#/${page}` ? 'page' : null;
  if (page === 'tasks') tasks ??= new TasksView();
  if (tasks) {
    // Kept while another page is shown, with what is being typed there.
    tasks.el.hidden = page !== 'tasks';
    if (!tasks.el.isConnected) main.append(tasks.el);
    if (page === 'tasks') tasks.show(location.hash);
  }
  if (!moved) return;
  for (const child of [...main.children]) if (child !== tasks?.el) child.remove();
  account = page === 'account' ? accountView() : null;
  if (account) main.append(account);
  if (page === 'signin' || page === 'signup') main.append(signView(page, note));
  note = '';
  scrollTo(0, 0);
  // A new page begins at its heading; the very first one where the browser begins.
  const field = $('.sign input[value=""], .sign input', main);
  if (field) field.focus({ preventScroll: true }); else if (!first) $('h1', page === 'tasks' ? tasks.el : main).focus({ preventScroll: true });
}

session.onChange((user, why) => {
  tasks?.leave();
  tasks?.el.remove();
  tasks = null;
  shown = '';
  note = user ? '' : why;
  // Nothing of one person's tasks stays in the page for the next.
  main.replaceChildren();
  closeToasts();
  $('#live').textContent = '';
  for (const box of $$('dialog')) box.close();
  $('#known-tags').replaceChildren();
  $('#me').hidden = !user;
  if (!user) history.replaceState(null, '', '#/signin');
  route();
});

$('#signout').onclick = async () => {
  try {
    // What could still be undone is done first.
    closeToasts();
    await settled();
    await session.signOut();
  } catch (error) {
    toast(`You are still signed in. ${error.message}`, { alert: true });
  }
};

$('.skip').onclick = (event) => { event.preventDefault(); main.focus(); };

session.onTold((news) => tasks?.hear(news));
addEventListener('hashchange', route);
addEventListener('pagehide', () => tasks?.unload());
document.addEventListener('visibilitychange', () => tasks?.look());
addEventListener('beforeunload', (event) => { if (session.current() && tasks?.dirty) event.preventDefault(); });
// A page from the back/forward cache may be older than the session.
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });

let started = false;

async function boot() {
  try {
    const user = await session.start();
    started = true;
    $('#boot')?.remove();
    $('#me').hidden = !user;
    route();
  } catch (error) {
    expected(error);
    $('#boot').textContent = 'Your tasks will be here as soon as the server answers.';
  }
}

onBack(() => {
  if (!started) boot();
  else if (account) devices(account);
  tasks?.back();
});
boot();
