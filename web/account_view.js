// Owns the account page: the password, the devices that are signed in, and deleting the account.

import { call } from './api.js';
import { moment } from './dates.js';
import { onSubmit } from './forms.js';
import * as session from './session.js';
import { $, $$, ask, clone, dialog, make, say, toast } from './ui.js';

export function accountView() {
  const view = clone('t-account');
  $('#who', view).textContent = session.current().email;
  const form = $('#password-form', view);
  form.elements.username.value = session.current().email;
  onSubmit(form, async (fields) => {
    await call('PUT', 'auth/password', { body: { current_password: fields.current_password.value, new_password: fields.new_password.value } });
    form.reset();
    toast('Your password is changed. Every other device is signed out.');
    devices(view);
  }, { wrong_password: 'current_password' });
  $('#everywhere', view).onclick = () => everywhere(view);
  $('#delete-account', view).onclick = deleteAccount;
  devices(view);
  return view;
}

function problem(view, text) {
  const place = $('#devices-error', view);
  place.textContent = text;
  place.hidden = !text;
}

/** Loads the list of devices, also again after the server was away. */
export async function devices(view) {
  const list = $('.devices', view);
  try {
    const { data } = await call('GET', 'auth/sessions');
    problem(view, '');
    list.replaceChildren(...data.map((device) => item(view, device)));
  } catch (error) {
    problem(view, `The devices could not be loaded. ${error.message}`);
  }
  list.ariaBusy = null;
}

// All of them claim to be each other; the order tells them apart.
const BROWSERS = [['Edg', 'Edge'], ['Firefox', 'Firefox'], ['Chrom', 'Chrome'], ['Safari', 'Safari'], ['curl', 'curl']];
const SYSTEMS = [['Android', 'Android'], ['iP', 'iOS'], ['Mac OS', 'macOS'], ['Windows', 'Windows'], ['Linux', 'Linux']];

function nameOf(agent) {
  const find = (table) => table.find(([mark]) => agent?.includes(mark))?.[1];
  const parts = [find(BROWSERS), find(SYSTEMS)].filter(Boolean);
  return parts.join(' on ') || agent?.slice(0, 60) || 'Unknown device';
}

function item(view, device) {
  const name = nameOf(device.user_agent);
  const words = make('div', {}, make('strong', { textContent: name }),
    make('span', { className: 'soft', textContent: `Last used ${moment(device.last_used_at)}, signed in ${moment(device.created_at)}` }));
  const end = device.current
    ? make('span', { className: 'here', textContent: 'This device' })
    : make('button', { textContent: 'Sign out', ariaLabel: `Sign out ${name}`, onclick: () => endDevice(view, device, name) });
  return make('li', {}, words, end);
}

async function endDevice(view, device, name) {
  try {
    await call('DELETE', `auth/sessions/${device.id}`);
    say(`${name} is signed out.`);
  } catch (error) {
    if (error.status !== 404) { problem(view, error.message); return; }
  }
  await devices(view);
  $('#everywhere', view).focus();
}

async function everywhere(view) {
  const answer = await ask('Sign out everywhere?', 'Every device, this one too, has to sign in again.',
    [['yes', 'Sign out everywhere', 'primary'], ['', 'Stay signed in']]);
  if (answer !== 'yes') return;
  try {
    await session.signOut(true);
  } catch (error) {
    problem(view, `Nobody is signed out. ${error.message}`);
  }
}

async function deleteAccount() {
  const form = clone('t-password-dialog');
  $('h2', form).textContent = 'Delete this account?';
  $('p', form).textContent = `${session.current().email} and every task go for good. There is no way back. Your password confirms it.`;
  const [go, stay] = $$('.buttons button', form);
  Object.assign(go, { textContent: 'Delete account', className: 'danger' });
  stay.textContent = 'Keep it';
  form.elements.username.value = session.current().email;
  const { box } = dialog(form);
  stay.onclick = () => box.close();
  onSubmit(form, async (fields) => {
    await call('DELETE', 'auth/me', { body: { password: fields.password.value } });
    box.close();
    session.leave('Your account is deleted.');
  }, { wrong_password: 'password' });
  form.elements.password.focus();
}
