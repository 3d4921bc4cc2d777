// Owns the strip that says the server is away, and finding out when it is back.

import { onAnswer, send } from './api.js';
import { banner, say } from './ui.js';

const FIRST = 1000;
const LONGEST = 20000;
let back = () => {};
let wait = 0;
let timer = 0;

/** `listener()` runs each time the server is there again. */
export function onBack(listener) { back = listener; }

onAnswer((error) => {
  if (error && !wait) {
    wait = FIRST;
    banner(`${error.message} What you typed is kept. Trying again by itself…`, probe);
    timer = setTimeout(probe, wait);
  } else if (!error && wait) {
    wait = 0;
    clearTimeout(timer);
    banner(null);
    say('The server is back.');
    // After the answer that told us, so that its caller is served first.
    queueMicrotask(back);
  }
});

// /readyz asks the database too: only then is there a point in trying again.
async function probe() {
  clearTimeout(timer);
  try {
    await send('GET', 'readyz');
  } catch {
    wait = Math.min(wait * 2, LONGEST);
    timer = setTimeout(probe, wait);
  }
}

addEventListener('online', () => { if (wait) probe(); });
