// @ts-check
/** Above the results: every term of the search as a chip that can be taken away, and what the results have in common. */
import { html, useEffect, useRef, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { monthLabel, parseIsoDay, shortDayLabel, yearOf } from '../../core/dates.js';
import { formatNumber, hasText, moreTexts, t } from '../../core/i18n.js';
import { navigate } from '../../core/router.js';
import { Icon } from '../../ui/icon.js';
import { useResource, useThrottled } from '../../ui/resource.js';
import { stylesheet } from '../../ui/stylesheet.js';

/** Settled when words and styles are there. */
export const ready = Promise.allSettled([moreTexts('search'), stylesheet('search.css')]);

/** As in the style: from here on there is room for both beside one another. */
const WIDE = '(min-width: 1100.02px)';
/** Imports change results many times a second; counting them anew costs more than a skeleton. */
const LIVE_MS = 3000;
const FEW = 6;
const FACETS = ['when', 'people', 'places', 'kinds', 'cameras', 'sources', 'tags'];

/** The address of the results of another search, of the same kind. @param {Record<string,string>} query @param {string} q */
function addressOf(query, q) {
  const params = new URLSearchParams();
  if (q) params.set('q', q);
  if (query.kind) params.set('kind', query.kind);
  const search = params.toString();
  return (q ? '/search' : '/timeline') + (search ? `?${search}` : '');
}

/** @param {{query:Record<string,string>}} props */
export default function Asked({ query }) {
  const [isOpen, setOpen] = useState(() => matchMedia(WIDE).matches);
  const { data } = useResource(`parse ${query.q}`, (signal) => api.get('/search/parse', { query: { q: query.q }, signal }));
  const list = useRef(/** @type {HTMLElement|null} */ (null)), toggle = useRef(/** @type {HTMLElement|null} */ (null));
  const refocus = useRef(-1);
  useEffect(() => {
    if (refocus.current < 0 || !data) return;
    const left = list.current?.querySelectorAll('button') ?? [];
    (left[Math.min(refocus.current, left.length - 1)] ?? toggle.current)?.focus();
    refocus.current = -1;
  }, [data]);
  const drop = (/** @type {any} */ term, /** @type {number} */ k) => { refocus.current = k; navigate(addressOf(query, term.without)); };
  const close = () => { setOpen(false); toggle.current?.focus(); };
  const chosen = () => { if (!matchMedia(WIDE).matches) setOpen(false); };
  const terms = data?.terms ?? [];
  return html`<section class="asked" aria-label=${t('asked.label')}>
      <button type="button" class="chip-btn asked-toggle" ref=${toggle} aria-expanded=${String(isOpen)} aria-controls="facets" onClick=${() => setOpen(!isOpen)}><${Icon} name="sliders-horizontal" /><span>${t('asked.narrow')}</span></button>
      <ul class="asked-terms" ref=${list}>${terms.map((/** @type {any} */ term, /** @type {number} */ k) => html`<li key=${`${k} ${term.text}`}><${Term} term=${term} onDrop=${() => drop(term, k)} /></li>`)}</ul>
    </section>
    <aside class="facets" id="facets" aria-label=${t('asked.narrow')} hidden=${!isOpen} onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === 'Escape') { event.stopPropagation(); close(); } }}>
      ${isOpen ? html`<${Facets} query=${query} taken=${new Set(terms.map((/** @type {any} */ term) => term.canonical))} onChosen=${chosen} />` : null}</aside>`;
}

/** @param {{term:any, onDrop:() => void}} props */
function Term({ term, onDrop }) {
  const isUnclear = term.kind === 'unclear';
  return html`<span class=${`chip-word${isUnclear ? ' is-unclear' : ''}`}><span class="asked-text">${term.text}</span>${isUnclear ? html`<span class="sr">${t('asked.unclear')}</span>` : null}
    <button type="button" aria-label=${t('ui.remove_named', { name: term.text })} onClick=${onDrop}><${Icon} name="x" /></button></span>`;
}

/** @param {{query:Record<string,string>, taken:Set<string>, onChosen:() => void}} props */
function Facets({ query, taken, onChosen }) {
  const q = [query.q, query.kind && `kind:${query.kind}`].filter(Boolean).join(' ');
  const { data, problem, reload } = useResource(`facets ${q}`, (signal) => api.get('/search/facets', { query: { q, limit: 50 }, signal }));
  const shown = useRef(/** @type {any} */ (null));
  if (data) shown.current = data;
  const renew = useThrottled(reload, LIVE_MS);
  useEffect(() => {
    let stop = () => {}, gone = false;
    import('../../core/events.js').then(({ on }) => { if (!gone) stop = on('timeline', renew); });
    return () => { gone = true; stop(); };
  }, []);
  // A search that cannot be read says so in the place of its results.
  if (problem && !data) return problem.slug === 'invalid-query' ? null : html`<p class="facets-note">${t('asked.failed')} <button type="button" class="text-btn" onClick=${reload}>${t('offline.retry')}</button></p>`;
  const facets = shown.current;
  if (!facets) return null;
  const parts = FACETS.map((name) => [name, (facets[name].values ?? []).filter((/** @type {any} */ value) => !taken.has(value.term))]).filter(([, values]) => values.length);
  return html`${parts.map(([name, values]) => html`<${Facet} key=${name} name=${name} values=${values} more=${facets[name].more} unit=${facets.when.unit} query=${query} onChosen=${onChosen} />`)}
    ${!parts.length ? html`<p class="facets-note">${t('asked.nothing')}</p>` : null}
    ${facets.is_capped ? html`<p class="facets-note">${t('asked.capped', { n: facets.counted })}</p>` : null}`;
}

const SPOKEN = /** @type {Record<string, (day:number) => string|number|null>} */ ({ day: shortDayLabel, month: monthLabel, year: yearOf });
/** What people call a value; days, kinds and sources have words of ours. @param {string} name @param {any} value @param {string} unit */
function labelOf(name, value, unit) {
  if (name === 'when') return SPOKEN[unit](parseIsoDay(value.start) ?? 0);
  const key = name === 'kinds' ? `kind.${value.label}` : name === 'sources' ? `source.${value.label}` : '';
  return key && hasText(key) ? t(key) : value.label;
}

/** @param {{name:string, values:any[], more:boolean, unit:string, query:Record<string,string>, onChosen:() => void}} props */
function Facet({ name, values, more, unit, query, onChosen }) {
  const [isWhole, setWhole] = useState(false);
  const most = Math.max(...values.map((value) => value.count)), shown = isWhole ? values : values.slice(0, FEW);
  return html`<section class="facet" aria-labelledby=${`facet-${name}`}><h2 id=${`facet-${name}`}>${t(`asked.facets.${name}`)}</h2>
    <ul class=${`facet-values${name === 'when' ? ' facet-bars' : ''}`}>${shown.map((value) => html`<li key=${value.term}><a href=${addressOf(query, `${query.q} ${value.term}`)} onClick=${onChosen}>
      <span class="facet-name">${labelOf(name, value, unit)}</span>${name === 'when' ? html`<span class="facet-bar" aria-hidden="true"><i style=${{ inlineSize: `${Math.max(2, (100 * value.count) / most)}%` }}></i></span>` : null}
      <span class="facet-count"><span aria-hidden="true">${formatNumber(value.count)}</span><span class="sr">${t('ui.memories', { n: value.count })}</span></span></a></li>`)}</ul>
    ${values.length > FEW ? html`<button type="button" class="text-btn" aria-expanded=${String(isWhole)} onClick=${() => setWhole(!isWhole)}>${t(isWhole ? 'asked.fewer' : 'asked.more', { n: values.length - FEW })}<span class="sr"> ${t(`asked.facets.${name}`)}</span></button>` : null}
    ${isWhole && more ? html`<p class="facets-note">${t('asked.most', { n: values.length })}</p>` : null}</section>`;
}
