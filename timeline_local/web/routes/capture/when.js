// @ts-check
/**
 * Dates as people type them: "yesterday 9pm", "14 June 2019", "summer 1999", "about 1987", EDTF. Pure functions.
 * The result is either a wall clock (`local_at`) or an EDTF text (`when`): what is not known is not invented.
 */

/** @typedef {{local_at: string} | {when: string}} When */

const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const SEASONS = /** @type {Record<string, number>} */ ({ spring: 21, summer: 22, autumn: 23, fall: 23, winter: 24 });
const two = (/** @type {number} */ value) => String(value).padStart(2, '0');

/** @param {Date} date */
export const isoDate = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** @param {Date} date */
export const isoMinute = (date) => `${isoDate(date)}T${two(date.getHours())}:${two(date.getMinutes())}`;

/**
 * Null when the text is not understood. An empty text means now.
 * @param {string} text
 * @param {Date} [now]
 * @returns {When | null}
 */
export function parseWhen(text, now = new Date()) {
  const words = text.trim().toLowerCase().replace(/\s+/g, ' ').replace(/^(\d{4}-\d{2}-\d{2})t/, '$1 ');
  if (!words || words === 'now') return { local_at: `${isoMinute(now)}:${two(now.getSeconds())}` };
  const fuzzy = parseFuzzy(words);
  if (fuzzy) return { when: fuzzy };
  const { rest, time, bad } = takeTime(words);
  const date = parseDay(rest, now);
  if (bad || !date) return null;
  return time ? { local_at: `${date}T${time}:00` } : { when: date };
}

/** Years, decades, months, seasons, and anything already written as EDTF. @param {string} words @returns {string | null} */
function parseFuzzy(words) {
  const about = /^(?:about|around|circa|ca\.?|c\.|~)\s*(.+)$/.exec(words);
  if (about) {
    const inner = parseFuzzy(about[1]);
    return inner && !/[~?%]$/.test(inner) ? `${inner}~` : null;
  }
  if (/^\d{3}(\d|x)[~?%]?$/.test(words)) return words.toUpperCase();
  const decade = /^(\d{3})0s$/.exec(words);
  if (decade) return `${decade[1]}X`;
  if (/^\d{4}-(0[1-9]|1[0-2]|2[1-4])[~?%]?$/.test(words)) return words;
  if (/^\d{4}-\d{2}-\d{2}[~?%]$/.test(words)) return words;
  if (/^(\d{4}(-\d{2}){0,2}|\.\.)\/(\d{4}(-\d{2}){0,2}|\.\.)$/.test(words)) return words;
  const named = /^([a-z]+)[ -](\d{4})$/.exec(words) ?? /^(\d{4})[ -]([a-z]+)$/.exec(words);
  if (!named) return null;
  const [name, year] = /^\d/.test(named[1]) ? [named[2], named[1]] : [named[1], named[2]];
  const part = SEASONS[name] ?? monthNumber(name);
  return part ? `${year}-${two(part)}` : null;
}

/** 1-12, or 0 when it is no month. @param {string} name */
function monthNumber(name) {
  return name.length < 3 ? 0 : MONTHS.findIndex((month) => month.startsWith(name)) + 1;
}

/** Split a clock time off the end: "9pm", "9:30 pm", "at 21:05". @param {string} words */
function takeTime(words) {
  const found = /^(.*?) ?(?:\bat )?\b(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s?(am|pm)?$/.exec(words);
  if (!found || (found[3] === undefined && found[4] === undefined)) return { rest: words, time: null, bad: false };
  const raw = Number(found[2]);
  const hour = found[4] === 'pm' ? (raw % 12) + 12 : found[4] === 'am' ? raw % 12 : raw;
  const minute = Number(found[3] ?? 0);
  const bad = hour > 23 || minute > 59 || (found[4] !== undefined && (raw < 1 || raw > 12));
  return { rest: found[1].trim().replace(/,$/, ''), time: `${two(hour)}:${two(minute)}`, bad };
}

/** A calendar day as YYYY-MM-DD, or null. @param {string} words @param {Date} now */
function parseDay(words, now) {
  const back = daysBack(words, now);
  if (back !== null) return isoDate(new Date(now.getFullYear(), now.getMonth(), now.getDate() - back));
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(words);
  if (iso) return realDay(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const plain = words.replace(/,/g, '').replace(/(\d)(st|nd|rd|th)\b/, '$1').replace(/ of /, ' ');
  const named = /^(\d{1,2}) ([a-z]+)(?: (\d{4}))?$/.exec(plain) ?? /^([a-z]+) (\d{1,2})(?: (\d{4}))?$/.exec(plain);
  if (!named) return null;
  const [day, name] = /^\d/.test(named[1]) ? [named[1], named[2]] : [named[2], named[1]];
  return realDay(named[3] ? Number(named[3]) : now.getFullYear(), monthNumber(name), Number(day));
}

/** How many days ago the words mean, or null. @param {string} words @param {Date} now */
function daysBack(words, now) {
  if (words === '' || words === 'today') return 0;
  if (words === 'yesterday') return 1;
  const ago = /^(\d{1,5}) (day|week)s? ago$/.exec(words);
  if (ago) return Number(ago[1]) * (ago[2] === 'week' ? 7 : 1);
  const weekday = WEEKDAYS.indexOf(words.replace(/^(last|on) /, ''));
  return weekday < 0 ? null : (now.getDay() - weekday + 7) % 7 || 7;
}

/** @param {number} year @param {number} month @param {number} day */
function realDay(year, month, day) {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}` : null;
}

/** What stands in the field for a memory that exists: EDTF when it is fuzzy, else date and clock. @param {any} memory */
export function whenText(memory) {
  if (memory.when) return memory.when;
  return memory.local_at && memory.precision !== 'unknown' ? memory.local_at.slice(0, 16).replace('T', ' ') : '';
}
