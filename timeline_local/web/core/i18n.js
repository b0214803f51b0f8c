// @ts-check
/** Words of the interface. A text may be a string or an object of plural forms ({one, other}) chosen by `n`. */

/** @type {Record<string, any>} */
let texts = {};
let language = 'en';
let plural = new Intl.PluralRules('en');
/** The files that together hold one language: the screens', and the timeline's. */
const PARTS = ['', '-timeline'];

/** Settled when the first texts are there: more can only be added to them. */
let started = Promise.resolve();

/** @param {string} wanted a BCP 47 tag; English when we do not have it */
export function loadLanguage(wanted) { return (started = startLanguage(wanted)); }

/** @param {string} wanted */
async function startLanguage(wanted) {
  const tag = ['en'].includes(wanted) ? wanted : 'en';
  const parts = await Promise.all(PARTS.map((part) => loadPart(`../assets/locales/${tag}${part}.json`)));
  useTexts(Object.assign({}, ...parts), tag);
}

/** @type {Map<string, Promise<void>>} */
const more = new Map();
/** The words of screens that are not needed at the start, as `assets/locales/<language>-<part>.json`. @param {string} part */
export function moreTexts(part) {
  let wait = more.get(part);
  if (!wait) {
    more.set(part, (wait = started.then(() => loadPart(`../assets/locales/${language}-${part}.json`)).then((flat) => { texts = { ...texts, ...flat }; })));
    wait.catch(() => more.delete(part));
  }
  return wait;
}

/** @param {string} relative */
async function loadPart(relative) {
  const answer = await fetch(new URL(relative, import.meta.url));
  return answer.ok ? flatten(await answer.json()) : {};
}

const FORMS = new Set(['zero', 'one', 'two', 'few', 'many', 'other']);
/** Nested groups become dotted keys; objects of plural forms stay whole. @param {Record<string, any>} tree @param {string} [prefix] @returns {Record<string, any>} */
export function flatten(tree, prefix = '') {
  /** @type {Record<string, any>} */
  const flat = {};
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix ? `${prefix}.${name}` : name;
    const isGroup = value && typeof value === 'object' && !Object.keys(value).every((form) => FORMS.has(form));
    if (isGroup) Object.assign(flat, flatten(value, key)); else flat[key] = value;
  }
  return flat;
}

/** Use these texts from now on (also the way tests bring their own). @param {Record<string, any>} flat @param {string} tag */
export function useTexts(flat, tag) {
  texts = flat;
  language = tag;
  plural = new Intl.PluralRules(tag);
  plain = new Intl.NumberFormat(tag);
}

export const currentLanguage = () => language;
/** @param {string} key */
export const hasText = (key) => key in texts;

/** The text for `key` with `{name}` filled in; numbers are formatted, `n` picks the plural. A missing key shows itself. @param {string} key @param {Record<string, any>} [params] */
export function t(key, params) {
  let text = texts[key];
  if (text && typeof text === 'object') text = text[plural.select(Number(params?.n ?? 0))] ?? text.other;
  if (text === undefined) return key;
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) => (name in params ? show(params[name]) : whole));
}

/** @param {any} value */
function show(value) { return typeof value === 'number' ? formatNumber(value) : String(value); }

let plain = new Intl.NumberFormat('en');
/** Making a formatter costs more than using it, and counts are shown in every day heading. @param {number} value @param {Intl.NumberFormatOptions} [options] */
export const formatNumber = (value, options) => (options ? new Intl.NumberFormat(language, options) : plain).format(value);
