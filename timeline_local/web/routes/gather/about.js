// @ts-check
/** The page about one person, place or collection, and the memories a search finds. */
import { html, useEffect } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { title as setTitle } from '../../core/router.js';
import { Button, IconButton } from '../../ui/button.js';
import { MemoryTile, nameOf } from '../../ui/memories.js';
import { usePages } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';

/** @param {{crumb: any, title: string, about?: any, children?: any}} props  about: draws the h1 itself */
export function AboutPage({ crumb, title, about, children }) {
  useEffect(() => setTitle(title), [title]);
  return html`<div class="page">
    <p class="crumb">${crumb}</p>
    ${about ? html`<header class="about-head">${about}</header>` : html`<header class="page-head"><h1>${title}</h1></header>`}
    ${children}
  </div>`;
}

/**
 * What a search finds, newest first, page by page, and the way to the same on the timeline.
 * @param {{q: string, label: string, none: string, total?: number, tool?: {icon: string, label: string, may: (memory: any) => boolean, run: (memory: any) => void} | null}} props
 */
export function Found({ q, label, none, total, tool }) {
  const pages = usePages(`found ${q}`, (cursor, signal) => api.get('/memories', { query: { q, limit: 60, ...(cursor ? { cursor } : {}) }, signal }));
  const { items } = pages;
  return html`<section aria-label=${label}>
    ${pages.problem && !items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!items && !pages.problem ? html`<${Loading} kind="tiles" rows=${8} />` : null}
    ${items && !items.length ? html`<p class="none-here">${none}</p>` : null}
    ${items?.length ? html`<ul class="faces" aria-label=${label}>${items.map((memory) => html`<${MemoryTile} key=${memory.id} memory=${memory}>
      ${tool && tool.may(memory) ? html`<span class="face-tools"><${IconButton} icon=${tool.icon} label=${`${tool.label}: ${nameOf(memory)}`} onClick=${() => tool.run(memory)} /></span>` : null}<//>`)}</ul>` : null}
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${items?.length ? html`<p class="btn-row more-row">${pages.hasMore ? html`<${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//>` : null}
      <${Button} icon="gallery-vertical-end" href=${`/search?q=${encodeURIComponent(q)}`}>${t('gather.on_timeline', { n: total ?? items.length })}<//></p>` : null}
  </section>`;
}
