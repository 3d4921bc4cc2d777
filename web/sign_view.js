// Owns the two pages for people who are not signed in: sign in, and sign up.

import { onSubmit } from './forms.js';
import { signIn, signUp } from './session.js';
import { $, clone, make } from './ui.js';

const PAGES = {
  signin: {
    title: 'Welcome back', lead: 'Sign in to see your tasks.', button: 'Sign in', autocomplete: 'current-password',
    work: signIn, swap: ['New here? ', '#/signup', 'Create an account'], places: { invalid_credentials: 'password' },
  },
  signup: {
    title: 'Create an account', lead: 'A calm place for the things you mean to do.', button: 'Sign up',
    autocomplete: 'new-password', work: signUp, swap: ['Already have one? ', '#/signin', 'Sign in'], places: { email_taken: 'email' },
  },
};

// Stays when a person changes between the two pages.
let email = '';

/** `note` is said above the form ("You are signed out."). */
export function signView(name, note = '') {
  const page = PAGES[name];
  const view = clone('t-sign');
  const form = $('form', view);
  const [before, href, link] = page.swap;
  $('h1', view).textContent = page.title;
  $('.lead', view).textContent = note || page.lead;
  $('.swap', view).append(before, make('a', { href, textContent: link }));
  $('.primary', form).textContent = page.button;
  form.elements.email.value = email;
  form.elements.email.oninput = () => { email = form.elements.email.value; };
  form.elements.password.autocomplete = page.autocomplete;
  const hint = $('#password-hint', form);
  if (name === 'signup') form.elements.password.setAttribute('aria-describedby', hint.id); else hint.remove();
  onSubmit(form, (fields) => page.work(fields.email.value, fields.password.value), page.places);
  return view;
}
