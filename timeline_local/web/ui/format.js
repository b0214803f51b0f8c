// @ts-check
/** Numbers for people, always through Intl. Dates of memories live in core/dates.js. */
import { currentLanguage } from '../core/i18n.js';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** Dates in English follow the day-month order of core/dates.js. */
const dateLanguage = () => (currentLanguage() === 'en' ? 'en-GB' : currentLanguage());

/** A whole number with the grouping of the language. @param {number | null | undefined} value */
export function count(value) {
  return new Intl.NumberFormat(currentLanguage()).format(value ?? 0);
}

/** Decimal units, as file managers show them: "94.2 GB". @param {number | null | undefined} value */
export function bytes(value) {
  let amount = value ?? 0;
  let step = 0;
  while (amount >= 1000 && step < UNITS.length - 1) {
    amount /= 1000;
    step += 1;
  }
  const digits = step === 0 || amount >= 100 ? 0 : 1;
  return new Intl.NumberFormat(currentLanguage(), {
    style: 'unit', unit: UNITS[step], unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: digits,
  }).format(amount);
}

/** @param {number} part @param {number} whole */
export function percent(part, whole) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return new Intl.NumberFormat(currentLanguage(), { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** "4 min", "1 hr 12 min", "1 min 20 sec": no more exact than it matters. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = /** @type {[number, string][]} */ ([
    [Math.floor(whole / 3600), 'hour'], [Math.floor((whole % 3600) / 60), 'minute'], [whole % 60, 'second'],
  ]).filter(([amount]) => amount > 0);
  const shown = parts.length ? parts.slice(0, parts[0][1] === 'minute' && parts[0][0] >= 2 ? 1 : 2) : [[0, 'second']];
  return shown.map(([amount, unit]) => new Intl.NumberFormat(currentLanguage(), {
    style: 'unit', unit: /** @type {string} */ (unit), unitDisplay: 'short',
  }).format(/** @type {number} */ (amount))).join(' ');
}

/** A rate with one digit below ten. @param {number} value */
export function rate(value) {
  return new Intl.NumberFormat(currentLanguage(), { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

/** A moment of the machine (not of a memory) in the viewer's own clock. @param {string | null | undefined} iso */
export function moment(iso) {
  if (!iso) return '';
  return new Intl.DateTimeFormat(dateLanguage(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

/** "14 Jun 2019" of a naive local timestamp; formatted in UTC, so the viewer's zone cannot shift it. @param {string} localAt */
export function shortDate(localAt) {
  return new Intl.DateTimeFormat(dateLanguage(), { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${localAt.slice(0, 10)}T00:00:00Z`));
}

/** The country of a place, in the language of the reader where its code is known. @param {{country: string | null, country_code?: string | null}} place */
export function countryName({ country, country_code: code }) {
  if (!code || currentLanguage() === 'en') return country ?? '';
  try { return new Intl.DisplayNames([currentLanguage()], { type: 'region' }).of(code) ?? country ?? ''; } catch { return country ?? ''; }
}
