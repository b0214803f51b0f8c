// @ts-check
/** Where memories happened: by country, the most remembered first. */
import { html, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { hasText, moreTexts, t } from '../core/i18n.js';
import { Badge } from '../ui/chip.js';
import { Button } from '../ui/button.js';
import { Find } from '../ui/find.js';
import { Icon } from '../ui/icon.js';
import { Page } from '../ui/page.js';
import { usePages } from '../ui/resource.js';
import { Empty, Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';

await Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), moreTexts('gather')]);

/** @param {string} kind */
export const kindName = (kind) => (hasText(`places.kinds.${kind}`) ? t(`places.kinds.${kind}`) : kind);

export default function Places() {
  const [find, setFind] = useState('');
  const pages = usePages(`places ${find}`, (cursor, signal) => api.get('/locations', { query: { q: find, order: 'memories', limit: 200, ...(cursor ? { cursor } : {}) }, signal }));
  const { items } = pages;
  return html`<${Page} title=${t('nav.places')} sub=${t('places.sub')} class="page-narrow">
    <${Find} label=${t('places.find')} onFind=${setFind} />
    ${pages.problem && !items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!items && !pages.problem ? html`<${Loading} rows=${6} />` : null}
    ${items && !items.length ? html`<${Empty} icon="map-pin" title=${t(find ? 'places.none_found' : 'places.empty_title')}>${t(find ? 'places.none_found_body' : 'places.empty_body')}<//>` : null}
    ${items?.length ? grouped(items).map(([country, places]) => html`<section class="place-group" key=${country}><h2 class="section-title">${country}</h2>
      <ul class="rows">${places.map((one) => html`<${PlaceRow} key=${one.id} place=${one} />`)}</ul></section>`) : null}
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<p class="btn-row more-row"><${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//></p>` : null}
  <//>`;
}

/** Countries in the order of their first place. @param {any[]} places @returns {[string, any[]][]} */
function grouped(places) {
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const place of places) {
    const country = place.country || t('places.elsewhere');
    groups.set(country, [...(groups.get(country) ?? []), place]);
  }
  return [...groups];
}

/** @param {{place: any}} props */
function PlaceRow({ place }) {
  const where = [...new Set([place.address, place.city, place.region].filter((/** @type {any} */ name) => name && name !== place.name))].join(', ');
  return html`<li><a class="row-link" href=${`/places/${place.id}`}><span class="row-mark"><${Icon} name=${place.kind === 'home' ? 'house' : 'map-pin'} /></span>
    <span class="row-text"><b>${place.name}</b><span class="row-meta">${[where, t('ui.memories', { n: place.memories ?? 0 })].filter(Boolean).join(' · ')}</span></span>
    ${place.kind ? html`<${Badge}>${kindName(place.kind)}<//>` : null}</a></li>`;
}
