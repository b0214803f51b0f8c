// @ts-check
/**
 * Days are calendar days where the memory happened, stored as numbers since 1970-01-01 and formatted in UTC, so no
 * viewer's zone can shift them. Clock times are the wall clock of the place ("as there") and are never converted.
 */
import { currentLanguage, t } from './i18n.js';

export const UNDATED_DAY = -2147483648;
const DAY_MS = 86_400_000;

/** @type {Map<string, Intl.DateTimeFormat>} */
const cache = new Map();
/** @param {string} name @param {Intl.DateTimeFormatOptions} options */
function format(name, options) {
  const key = currentLanguage() + name;
  let one = cache.get(key);
  if (!one) {
    const tag = currentLanguage() === 'en' ? 'en-GB' : currentLanguage();
    cache.set(key, (one = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', ...options })));
  }
  return one;
}

/** The calendar day it is for the person looking, as a day number. @param {Date} [now] */
export const today = (now = new Date()) => Math.floor(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) / DAY_MS);

/** "Today", "Yesterday", "Saturday 14 June" (this year) or the same; the year stands apart. @param {number} day @param {number} [now] */
export function dayLabel(day, now = today()) {
  if (day === UNDATED_DAY) return t('dates.undated');
  if (day === now) return t('dates.today');
  if (day === now - 1) return t('dates.yesterday');
  return format('day', { weekday: 'long', day: 'numeric', month: 'long' }).format(day * DAY_MS).replace(',', '');
}
/** The shorter form for narrow places: "Sat 14 Jun". @param {number} day @param {number} [now] */
export function shortDayLabel(day, now = today()) {
  if (day === UNDATED_DAY || day === now || day === now - 1) return dayLabel(day, now);
  return format('short', { weekday: 'short', day: 'numeric', month: 'short' }).format(day * DAY_MS).replace(',', '');
}
/** @param {number} day "Saturday 14 June 2019" */
export const fullDayLabel = (day) => (day === UNDATED_DAY ? t('dates.undated') : format('full', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(day * DAY_MS).replace(',', ''));
/** "14 June", of every year. @param {string} day "06-14" */
export const yearDayLabel = (day) => format('yearday', { day: 'numeric', month: 'long' }).format(Date.UTC(2000, Number(day.slice(0, 2)) - 1, Number(day.slice(3))));
/** @param {number} day "June 2019" */
export const monthLabel = (day) => (day === UNDATED_DAY ? t('dates.undated') : format('month', { month: 'long', year: 'numeric' }).format(day * DAY_MS));
/** @param {number} day */
export const yearOf = (day) => (day === UNDATED_DAY ? null : new Date(day * DAY_MS).getUTCFullYear());
/** "14 June 2019" @param {number} day */
export const dateLabel = (day) => format('date', { day: 'numeric', month: 'long', year: 'numeric' }).format(day * DAY_MS);
/** Months since year 0, to step and compare. @param {number} day */
export function monthIndex(day) {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** @param {number} day "2019-06-14", or "undated" */
export function isoDay(day) {
  return day === UNDATED_DAY ? 'undated' : new Date(day * DAY_MS).toISOString().slice(0, 10);
}
/** @param {string|null|undefined} text @returns {number|null} */
export function parseIsoDay(text) {
  if (text === 'undated') return UNDATED_DAY;
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const ms = Date.parse(text + 'T00:00:00Z');
  return Number.isNaN(ms) ? null : Math.floor(ms / DAY_MS);
}

/** Precisions that have no clock time to show. */
const NO_CLOCK = new Set(['day', 'month', 'season', 'year', 'decade', 'unknown']);
/** "07:12" of a naive local timestamp, or "" when the memory is not that exact. @param {string|null|undefined} localAt @param {string} [precision] */
export function clock(localAt, precision = 'instant') {
  if (!localAt || NO_CLOCK.has(precision)) return '';
  const found = /[T ](\d{2}):(\d{2})/.exec(localAt);
  return found ? format('clock', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(Date.UTC(2000, 0, 1, Number(found[1]), Number(found[2]))) : '';
}

/** "as there": the clock with its zone named only when that differs from home. @param {string|null} localAt @param {string|null|undefined} zone @param {string|null|undefined} homeZone @param {string} [precision] */
export function clockAsThere(localAt, zone, homeZone, precision) {
  const time = clock(localAt, precision);
  if (!time || !zone || zone === homeZone) return time;
  return t('dates.clock_there', { time, place: zoneCity(zone) });
}
/** "Oslo" of "Europe/Oslo". @param {string} zone */
export const zoneCity = (zone) => zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');

/** "UTC+02:00" @param {number|null|undefined} minutes */
export function offsetLabel(minutes) {
  if (minutes === null || minutes === undefined) return '';
  const size = Math.abs(minutes), two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** The date of a memory, no more exact than it is known: "14 June 2019", "June 2019", "2019", "1980s". @param {{local_at:string|null, precision:string}} memory */
export function fuzzyDate({ local_at: localAt, precision }) {
  const day = parseIsoDay(localAt?.slice(0, 10));
  if (day === null || precision === 'unknown') return t('dates.undated');
  if (precision === 'year') return String(yearOf(day));
  if (precision === 'decade') return t('dates.decade', { year: String(Math.floor((yearOf(day) ?? 0) / 10) * 10) });
  if (precision === 'month') return monthLabel(day);
  if (precision === 'season') return t(`dates.season.${season(day)}`, { year: String(yearOf(day)) });
  return fullDayLabel(day);
}
/** @param {number} day */
function season(day) { return ['winter', 'spring', 'summer', 'autumn'][Math.floor(((monthIndex(day) % 12) + 1) % 12 / 3)]; }

/** "0:19", "1:02:03" @param {number|null|undefined} ms */
export function duration(ms) {
  if (!ms) return '';
  const seconds = Math.max(1, Math.round(ms / 1000)), two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([['year', 31_557_600], ['month', 2_629_800], ['day', 86_400], ['hour', 3600], ['minute', 60]]);
/** "3 minutes ago" for an instant. @param {string|Date} instant @param {number} [now] */
export function ago(instant, now = Date.now()) {
  const seconds = (new Date(instant).getTime() - now) / 1000;
  const relative = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: 'auto' });
  for (const [unit, size] of UNITS) if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  return relative.format(Math.round(seconds), 'second');
}
