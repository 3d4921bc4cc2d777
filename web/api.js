// Owns the way to the API: the access token (in memory only), its renewal, and errors that a person can read.

// The page lies in the folder where the API is mounted, so every path is relative to it.
export const base = new URL('./', document.baseURI);
const TIMEOUT = 15000;

let token = null;
let owner = null;
let renewing = null;
let askAgain = null;
let noticed = () => {};

export class ApiError extends Error {
  constructor(message, { status = 0, code = '', fields = [] } = {}) {
    super(message);
    Object.assign(this, { status, code, fields });
  }
  /** It may work later: nothing is wrong with what was typed. */
  get away() { return this.status === 0 || this.status >= 500; }
}

/** Lets only the API's errors pass: a mistake of ours must not look like one of them. */
export function expected(error) { if (!(error instanceof ApiError)) throw error; }

/** `handler()` resolves once somebody is signed in again. */
export function onExpired(handler) { askAgain = handler; }

/** `listener(error)` hears of every answer; null: all is well. */
export function onAnswer(listener) { noticed = listener; }

/** The claims of the token, or null. For display only: the server checks them. */
export function claims() {
  if (!token) return null;
  const text = atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
}

export function forget() { token = null; }

function take({ access_token: fresh }) {
  token = fresh;
  owner = claims().sub;
}

/** Signs in. The refresh token becomes a cookie that no script can read. */
export async function login(email, password) {
  const { data } = await send('POST', 'auth/login', { body: { email, password, refresh: 'cookie' } });
  take(data);
}

/**
 * A new access token by the cookie; one at a time in all tabs, because each use spends the cookie. Where there are no
 * Web Locks (plain http) the server's ten seconds of grace do.
 */
export function renew() {
  const once = async () => take((await send('POST', 'auth/refresh', { body: {} })).data);
  const locked = () => (navigator.locks ? navigator.locks.request(`renew ${base.pathname}`, once) : once());
  return renewing ??= locked().finally(() => { renewing = null; });
}

/** A request of the person who is signed in; a token that has run out is renewed on the way. */
export async function call(method, path, options = {}) {
  const mine = owner;
  for (let attempt = 0; ; attempt++) {
    const used = token;
    try {
      if (!used) throw new ApiError('You are not signed in.', { status: 401 });
      return await send(method, path, { ...options, token: used });
    } catch (error) {
      if (error.status !== 401 || attempt === 2) throw error;
      if (token === used) await renewOrAsk();
      // Never one person's request as another's: somebody else may have signed in meanwhile.
      if (owner !== mine) throw error;
    }
  }
}

async function renewOrAsk() {
  const before = owner;
  try {
    await renew();
    if (owner !== before) location.reload();
  } catch (error) {
    if (error.status !== 401 || !askAgain) throw error;
    await askAgain(error);
  }
}

/** One request. `body` is JSON, `query` a plain object or URLSearchParams. */
export async function send(method, path, { body, query, headers = {}, signal, keepalive = false, token: bearer } = {}) {
  const url = new URL(path, base);
  if (query) url.search = new URLSearchParams(query);
  const all = { Accept: 'application/json', ...headers };
  if (bearer) all.Authorization = `Bearer ${bearer}`;
  if (body !== undefined) all['Content-Type'] ??= 'application/json';
  const limit = AbortSignal.timeout(TIMEOUT);
  let response, text;
  try {
    response = await fetch(url, {
      method, headers: all, keepalive, body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin', cache: 'no-store', redirect: 'error',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    const away = new ApiError(navigator.onLine ? 'The server cannot be reached right now.' : 'You are offline.');
    noticed(away);
    throw away;
  }
  const data = parse(text);
  if (!response.ok) {
    const error = problem(response, data);
    noticed([502, 503, 504].includes(error.status) ? error : null);
    throw error;
  }
  noticed(null);
  return {
    data, etag: response.headers.get('ETag'),
    total: Number(response.headers.get('X-Total-Count') ?? NaN), next: nextQuery(response.headers.get('Link')),
  };
}

function parse(text) {
  try { return text ? JSON.parse(text) : null; } catch { return null; }
}

// A proxy may answer in HTML, so every status has a sentence of its own.
const SENTENCES = {
  401: 'Please sign in.', 404: 'It is not there any more.',
  413: 'That is too long to be sent.', 422: 'Something in there is not right.',
  429: 'Too many tries: please wait a little.',
};

function problem(response, data) {
  const { status } = response;
  const unsaid = SENTENCES[status] ?? (status < 500 ? `The server refused this (${status}).` : 'The server cannot answer right now.');
  // Of our own it says for how long to wait, where it does.
  const message = typeof data?.detail === 'string' && data.detail ? sentence(data.detail) : unsaid;
  const fields = (Array.isArray(data?.errors) ? data.errors : [])
    .filter((e) => typeof e?.detail === 'string').map((e) => ({ field: String(e.field), detail: e.detail }));
  return new ApiError(message, { status, code: String(data?.code), fields });
}

/** A fragment such as "must be 1 to 200 characters" as a sentence of its own. */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

// Only the query is taken: behind a proxy that hides the scheme the absolute link would be another origin.
function nextQuery(link) {
  const match = /<([^>]*)>\s*;[^,]*rel="?next"?/.exec(link ?? '');
  return match ? new URL(match[1], base).searchParams : null;
}
