// @ts-check
/** What was thrown away: it can come back, or go for ever; only here, and never by one key. */
import { html, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { t } from '../core/i18n.js';
import { bootstrap, refreshBootstrap } from '../core/session.js';
import { toast } from '../core/toast.js';
import { Button } from '../ui/button.js';
import { confirm } from '../ui/confirm.js';
import { Page } from '../ui/page.js';
import { usePages } from '../ui/resource.js';
import { Empty, Loading, Note, Trouble } from '../ui/states.js';
import { useTask } from '../ui/task.js';
import { stylesheet } from '../ui/stylesheet.js';
import { TrashTile } from './trash/tile.js';

await stylesheet('screens.css');

/** Above this many, the number must be typed before they are deleted for ever. */
const TYPE_ABOVE = 100;
const QUERY = 'is:trashed';

export default function Trash() {
  const pages = usePages('trash', (cursor, signal) => api.get('/memories', { query: { q: QUERY, limit: 100, ...(cursor ? { cursor } : {}) }, signal }));
  const [chosen, setChosen] = useState(/** @type {Set<string>} */ (new Set()));
  const { run, busy, problem } = useTask();
  const { items } = pages;
  const total = Math.max(bootstrap.value?.trashed ?? 0, items?.length ?? 0);
  const actions = useActions({ pages, chosen, setChosen, run, total });
  return html`<${Page} title=${t('trash.title')} sub=${t('trash.sub')} aside=${items?.length ? html`<${TrashActions} chosen=${chosen} busy=${busy} actions=${actions} />` : null}>
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    ${pages.problem && !items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!items && !pages.problem ? html`<${Loading} kind="tiles" rows=${10} />` : null}
    ${items && !items.length ? html`<${Empty} icon="trash-2" title=${t('trash.empty_title')} action=${html`<${Button} href="/timeline">${t('trash.to_timeline')}<//>`}>${t('trash.empty_body')}<//>` : null}
    ${items?.length ? html`<ul class="trash-grid">${items.map((memory) => html`<${TrashTile}
      key=${memory.id} memory=${memory} chosen=${chosen.has(memory.id)}
      onChoose=${() => setChosen(toggled(chosen, memory.id))}
      onRestore=${() => actions.restore([memory.id])} onPurge=${() => actions.purge([memory.id])} />`)}</ul>` : null}
    ${items ? html`<p class="fine">${t('trash.files_hint')} <a class="text-link" href="/trash/files">${t('trash.files')}</a></p>` : null}
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<${Note} action=${html`<${Button} size="small" busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//>`}>${t('trash.partial', { n: items?.length ?? 0, total })}<//>` : null}
  <//>`;
}

/** @param {Set<string>} set @param {string} id */
function toggled(set, id) {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** @param {{pages: any, chosen: Set<string>, setChosen: (next: Set<string>) => void, run: (work: () => Promise<any>) => Promise<void>, total: number}} state */
function useActions({ pages, chosen, setChosen, run, total }) {
  const settle = (/** @type {string} */ text) => {
    setChosen(new Set());
    pages.reload();
    refreshBootstrap().catch(() => {});
    toast({ text, tone: 'ok' });
  };
  const restore = (/** @type {string[]} */ ids) => run(async () => {
    await api.post('/memories/batch', { ids, action: 'restore' });
    settle(t('trash.restored', { n: ids.length }));
  });
  const restoreAll = () => run(async () => {
    const answer = await api.post('/memories/batch', { q: QUERY, action: 'restore' });
    settle(t('trash.restored', { n: answer.changed }));
  });
  const purge = async (/** @type {string[]} */ ids) => {
    if (await agree(ids.length, t('trash.purge_title', { n: ids.length }))) run(async () => {
      for (const id of ids) await api.post(`/memories/${id}/purge`);
      settle(t('trash.purged', { n: ids.length }));
    });
  };
  const empty = async () => {
    if (await agree(total, t('trash.empty_confirm', { n: total }))) run(async () => {
      const answer = await api.post('/trash/empty');
      settle(t('trash.purged', { n: answer.purged }));
    });
  };
  return { restore, restoreAll, purge, empty, ids: () => [...chosen], clear: () => setChosen(new Set()) };
}

/** @param {number} n @param {string} title */
function agree(n, title) {
  return confirm({ title, body: html`<p>${t('trash.purge_body')}</p>`, action: t('trash.purge'), danger: true, typed: n > TYPE_ABOVE ? String(n) : undefined });
}

/** @param {{chosen: Set<string>, busy: boolean, actions: any}} props */
function TrashActions({ chosen, busy, actions }) {
  if (chosen.size) {
    return html`<div class="btn-row" role="group" aria-label=${t('trash.chosen', { n: chosen.size })}>
      <span class="fine" role="status">${t('trash.chosen', { n: chosen.size })}</span>
      <${Button} icon="undo-2" busy=${busy} onClick=${() => actions.restore(actions.ids())}>${t('trash.restore')}<//>
      <${Button} icon="trash-2" busy=${busy} onClick=${() => actions.purge(actions.ids())}>${t('trash.purge')}<//>
      <${Button} variant="plain" onClick=${actions.clear}>${t('trash.clear')}<//>
    </div>`;
  }
  return html`<div class="btn-row">
    <${Button} icon="undo-2" busy=${busy} onClick=${actions.restoreAll}>${t('trash.restore_all')}<//>
    <${Button} icon="trash-2" busy=${busy} onClick=${actions.empty}>${t('trash.empty')}<//>
  </div>`;
}
