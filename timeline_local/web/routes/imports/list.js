// @ts-check
/** Every import so far, newest first, with what it brought. */
import { html, useEffect } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { ago } from '../../core/dates.js';
import { on } from '../../core/events.js';
import { hasText, t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { Icon } from '../../ui/icon.js';
import { Page } from '../../ui/page.js';
import { Progress } from '../../ui/progress.js';
import { usePages, useThrottled } from '../../ui/resource.js';
import { Empty, Loading, Trouble } from '../../ui/states.js';
import { Watched } from './watched.js';
import { ACTIVE, added, StateBadge } from './words.js';

export function ImportList() {
  const pages = usePages('imports', (cursor, signal) => api.get('/imports', { query: cursor ? { cursor } : {}, signal }));
  useFollow(pages);
  const what = html`<${Button} href="/guides">${t('imports.what_title')}<//>`;
  const start = html`<${Button} variant="primary" icon="plus" href="/imports/new">${t('imports.new')}<//>`;
  return html`<${Page} title=${t('imports.title')} sub=${t('imports.sub')} aside=${pages.items?.length ? start : null}>
    ${pages.problem && !pages.items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!pages.items && !pages.problem ? html`<${Loading} rows=${4} />` : null}
    ${pages.items && !pages.items.length ? html`<${Empty} icon="folder-input" title=${t('imports.empty_title')} action=${html`<div class="btn-row">${start}${what}</div>`}>${t('imports.empty_body')}<//>` : null}
    ${pages.items?.length ? html`<ul class="rows">${pages.items.map((item) => html`<${Row} key=${item.id} item=${item} />`)}</ul>` : null}
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//>` : null}
    <${Watched} />
  <//>`;
}

/** @param {any} pages */
function useFollow(pages) {
  const soon = useThrottled(pages.reload);
  useEffect(() => {
    const follow = (/** @type {any} */ event) => {
      const known = pages.items?.find((/** @type {any} */ item) => item.id === event.id);
      if (!known || known.state !== event.state) soon();
      else pages.set((/** @type {any} */ old) => ({
        ...old, items: old.items.map((/** @type {any} */ item) => (item.id === event.id ? { ...item, progress: event.progress } : item)),
      }));
    };
    const offs = [on('import', follow), on('reconnected', pages.reload)];
    return () => offs.forEach((off) => off());
  }, [pages.items]);
}

/** @param {{item: any}} props */
function Row({ item }) {
  const progress = item.progress;
  return html`<li><a class="row-link" href=${`/imports/${item.id}`}>
    <span class="row-mark"><${Icon} name=${item.path ? 'folder' : 'upload'} /></span>
    <span class="row-text">
      <b>${item.label}</b>
      <span class="row-sub">${item.path || t('imports.uploaded')}</span>
      <span class="row-meta">${hasText(`source.${item.source}`) && item.source !== 'folder' ? `${t(`source.${item.source}`)} · ` : ''}${summary(item)} · ${ago(item.started_at ?? item.created_at)}</span>
      ${ACTIVE.has(item.state) ? html`<${Progress} label=${t(`imports.state.${item.state}`)} value=${progress?.done} max=${progress?.total} />` : null}
    </span>
    <${StateBadge} state=${item.state} />
    <${Icon} name="chevron-right" />
  </a></li>`;
}

/** States of which the numbers would say nothing yet, or nothing true any more. */
const IN_WORDS = new Set(['receiving', 'scanning', 'undoing', 'undone']);

/** "28 771 new · 1 190 already here · 3 problems", in the words of its state. @param {any} item */
export function summary(item) {
  const counts = item.state === 'planned' ? item.plan : item.counts;
  if (!counts || IN_WORDS.has(item.state)) return t(`imports.hint.${item.state}`);
  if (item.state !== 'done' && item.state !== 'planned') return item.started_at ? t('imports.n_added', { n: added(item) }) : t('imports.n_none');
  const parts = [t('imports.n_new', { n: counts.new ?? 0 })];
  if (counts.changed) parts.push(t('imports.n_changed', { n: counts.changed }));
  if (counts.same) parts.push(t('imports.n_same', { n: counts.same }));
  if (counts.failed) parts.push(t('imports.n_failed', { n: counts.failed }));
  return parts.join(' · ');
}
