// Owns due dates: the API's text (a date, or an instant) to words and to form fields, and back.

const locale = navigator.languages.find((l) => l.startsWith('en')) ?? 'en-GB';
const format = (options) => new Intl.DateTimeFormat(locale, options);
const day = format({ day: 'numeric', month: 'short' });
const dayYear = format({ dateStyle: 'medium' });
const weekday = format({ weekday: 'long' });
const clock = format({ timeStyle: 'short' });
const full = format({ dateStyle: 'medium', timeStyle: 'short' });

const pad = (n, width = 2) => String(n).padStart(width, '0');
const isDate = (due) => due.length === 10;
// A date has no zone: it is that day wherever the person is.
const local = (due) => (isDate(due) ? new Date(`${due}T00:00`) : new Date(due));

/** The API's rule: pending, and the instant, or for a date its whole UTC day, has passed. */
export function isOverdue({ completed, due_date: due }, now = Date.now()) {
  return !completed && !!due && (isDate(due) ? Date.parse(`${due}T00:00Z`) + 864e5 : Date.parse(due)) <= now;
}

/** "Today", "Tomorrow", "Friday", "3 Dec", "3 Dec 2031", with the time where there is one. */
export function inWords(due, now = new Date()) {
  const when = local(due);
  if (Number.isNaN(when.getTime())) return due;
  const days = Math.round((new Date(when).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / 864e5);
  const near = { '-1': 'Yesterday', 0: 'Today', 1: 'Tomorrow' }[days];
  const words = near ?? (days > 1 && days < 7 ? weekday.format(when)
    : (when.getFullYear() === now.getFullYear() ? day : dayYear).format(when));
  return isDate(due) ? words : `${words}, ${clock.format(when)}`;
}

export function moment(text) { return full.format(new Date(text)); }

/** The values for a date and a time field. */
export function toFields(due) {
  if (!due) return { date: '', time: '' };
  if (isDate(due)) return { date: due, time: '' };
  const d = local(due);
  return {
    date: `${pad(d.getFullYear(), 4)}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`,
    time: `${pad(d.getHours())}:${pad(d.getMinutes())}`,
  };
}

/** What to send for the two fields; what was there stays as it was written when nothing changed. */
export function fromFields(dateText, timeText, before = null) {
  const was = toFields(before);
  if (was.date === dateText && was.time === timeText) return before;
  if (!dateText) return null;
  // A year of five digits makes none: the API says so.
  return (timeText && new Date(`${dateText}T${timeText}`).toJSON()) || dateText;
}
