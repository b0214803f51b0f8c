// @ts-check
/** What stands in the place of the feed when there is nothing to show: never a blank screen. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { formatNumber, moreTexts, t } from '../../core/i18n.js';
import { Icon } from '../../ui/icon.js';
import { useResource } from '../../ui/resource.js';
import { Trouble } from '../../ui/states.js';
import { stylesheet } from '../../ui/stylesheet.js';

/** Settled when words and styles are there. */
export const ready = Promise.allSettled([moreTexts('search'), stylesheet('search.css')]);

/** @param {{feed:import('./feed.js').Feed, query:Record<string,string>}} props */
export default function Empty({ feed, query }) {
  if (feed.status.value === 'failed') return html`<div class="blank"><${Trouble} problem=${feed.problem.value} onRetry=${() => feed.load()} /></div>`;
  if (query.q || query.kind) return html`<div class="blank"><div class="blank-words">
    <span class="blank-mark"><${Icon} name="search" /></span>
    <h2>${query.q ? t('search.none', { q: query.q }) : t('search.none_kind')}</h2>
    <${Shorter} q=${feed.q} />
    <p class="blank-actions"><a class="btn btn-quiet" href="/timeline"><span>${t('search.all')}</span></a></p>
  </div></div>`;
  return html`<div class="blank blank-first"><div class="blank-words">
    <div class="blank-art" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
    <h2>${t('empty.title')}</h2>
    <p>${t('empty.body')}</p>
    <p class="blank-actions">
      <a class="btn btn-primary btn-large" href="/new"><${Icon} name="pencil" /><span>${t('empty.write')}</span></a>
      <a class="btn btn-quiet btn-large" href="/imports"><${Icon} name="folder-input" /><span>${t('empty.import')}</span></a>
    </p>
    <p class="blank-fine"><${Icon} name="lock" />${t('empty.private')}</p>
  </div></div>`;
}

/** Which terms to drop, and how many memories that would give. @param {{q:string}} props */
function Shorter({ q }) {
  const { data, pending } = useResource(`shorter ${q}`, (signal) => api.get('/search', { query: { q, limit: 1 }, signal }));
  const ways = data?.shorter ?? [];
  if (pending || !ways.length) return html`<p>${pending ? '' : t('search.none_hint')}</p>`;
  return html`<p>${t('asked.or_fewer')}</p>
    <ul class="shorter">${ways.map((/** @type {any} */ way) => html`<li key=${way.q}><a href=${`/search?q=${encodeURIComponent(way.q)}`}><span class="shorter-q">${way.q}</span>
      <span class="shorter-without">${t('asked.without', { terms: listed(way.dropped) })}</span><span class="facet-count">${way.is_capped ? t('asked.at_least', { n: formatNumber(way.count) }) : t('ui.memories', { n: way.count })}</span></a></li>`)}</ul>`;
}

/** @param {string[]} terms */
const listed = (terms) => new Intl.ListFormat(document.documentElement.lang || 'en').format(terms.map((term) => `“${term}”`));
