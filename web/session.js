// Owns who is signed in: start, sign in and out, the session that ended, and what the tabs tell each other.

import * as api from './api.js';
import { onSubmit } from './forms.js';
import { $, clone, dialog, toast } from './ui.js';

const channel = new BroadcastChannel(`todo ${api.base.pathname}`);
let changed = () => {};
let told = () => {};
let user = null;
let asking = null;

export const current = () => user;

/** `listener(user, why)` runs whenever somebody else, or nobody, is signed in. */
export function onChange(listener) { changed = listener; }

/** Tells the other tabs of the same person. */
export function tell(message) { channel.postMessage({ ...message, user: user?.id }); }
export function onTold(listener) { told = listener; }

function become(next, why = '') {
  const before = user?.id;
  user = next;
  if (before !== next?.id || !next) changed(user, why);
}

function fromToken() {
  const { sub, email } = api.claims();
  return { id: sub, email };
}

/** The cookie says who is here. Throws when the server cannot be asked. */
export async function start() {
  try {
    await api.renew();
    user = fromToken();
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  return user;
}

export async function signIn(email, password) {
  await api.login(email, password);
  become(fromToken());
  tell({ kind: 'in' });
}

export async function signUp(email, password) {
  await api.send('POST', 'auth/signup', { body: { email, password } });
  await signIn(email, password);
}

/** Throws when the server could not be told: then nobody is signed out. */
export async function signOut(everywhere = false) {
  try {
    await api.call('POST', 'auth/logout', { body: everywhere ? { everywhere } : {} });
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  leave(everywhere ? 'You are signed out on every device.' : 'You are signed out.');
}

/** Nobody is signed in any more, and the server knows. */
export function leave(why) {
  tell({ kind: 'out' });
  api.forget();
  become(null, why);
}

channel.onmessage = async ({ data }) => {
  if (data.kind === 'in') {
    // Whoever signed in last owns the cookie that all tabs share, so all tabs follow.
    const before = user?.id;
    try { await api.renew(); } catch { return; }
    const next = fromToken();
    // What waits for the password of one person must not be sent as another.
    asking?.box.close(before === next.id ? 'in' : 'out');
    become(next);
    if (before && before !== user.id) toast(`Another tab signed in as ${user.email}.`);
  } else if (data.user !== user?.id) {
    return;
  } else if (data.kind === 'out') {
    api.forget();
    asking?.box.close('out');
    become(null, 'You signed out in another tab.');
  } else {
    told(data);
  }
};

// Asked on top of the page: what was typed below stays, and the request that failed goes on afterwards.
api.onExpired((error) => {
  if (!user) throw error;
  asking ??= { promise: again(error).finally(() => { asking = null; }) };
  return asking.promise;
});

async function again(error) {
  api.forget();
  // Again: a browser may let a second Escape close it.
  for (;;) {
    const form = clone('t-password-dialog');
    $('h2', form).textContent = 'Please sign in again';
    $('p', form).textContent = `Your session has ended. Everything you typed is still here. You are ${user.email}.`;
    $('.primary', form).textContent = 'Sign in';
    $('.cancel', form).textContent = 'Leave';
    form.elements.username.value = user.email;
    const { box, done } = dialog(form, { dismissable: false });
    // `asking` is set by the caller right after this first step.
    queueMicrotask(() => { if (asking) asking.box = box; });
    $('.cancel', form).onclick = () => box.close('leave');
    onSubmit(form, async (fields) => {
      await api.login(user.email, fields.password.value);
      tell({ kind: 'in' });
      box.close('in');
    }, { invalid_credentials: 'password' });
    form.elements.password.focus();
    const answer = await done;
    if (answer === 'in') return;
    if (answer === 'leave') leave('You are signed out.');
    if (answer === 'leave' || answer === 'out') throw error;
  }
}
