// @ts-check
/** Files that no memory shows, and those of them in the trash: the only ones that can be deleted by themselves. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { moreTexts, t } from '../../core/i18n.js';
import { toast } from '../../core/toast.js';
import { Button } from '../../ui/button.js';
import { confirm } from '../../ui/confirm.js';
import { bytes } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { Page } from '../../ui/page.js';
import { usePages } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';
import { stylesheet } from '../../ui/stylesheet.js';
import { useTask } from '../../ui/task.js';
import { daysLeft } from './tile.js';

await Promise.all([stylesheet('screens.css'), moreTexts('data')]);

export default function Files() {
  const unused = useFiles('unused'), trashed = useFiles('trashed');
  const { run, busy, problem } = useTask();
  const change = (/** @type {() => Promise<any>} */ call, /** @type {string} */ text) => run(async () => {
    await call();
    for (const pages of [unused, trashed]) pages.reload();
    toast({ text, tone: 'ok' });
  });
  return html`<${Page} title=${t('files.title')} sub=${t('files.sub')} crumb=${html`<a href="/trash">${t('trash.title')}</a>`} class="page-narrow">
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <${FileList} title=${t('files.unused')} none=${t('files.none_unused')} pages=${unused} actions=${(/** @type {any} */ file) => html`<${ToTrash} file=${file} busy=${busy} change=${change} />`} />
    <${FileList} title=${t('files.trashed')} none=${t('files.none_trashed')} pages=${trashed} actions=${(/** @type {any} */ file) => html`<${OutOfTrash} file=${file} busy=${busy} change=${change} />`} />
  <//>`;
}

/** @param {'unused' | 'trashed'} state */
const useFiles = (state) => usePages(`files ${state}`, (cursor, signal) => api.get('/media', { query: { state, limit: 100, ...(cursor ? { cursor } : {}) }, signal }));

/** @param {{title: string, none: string, pages: any, actions: (file: any) => any}} props */
function FileList({ title, none, pages, actions }) {
  const { items } = pages;
  return html`<section class="file-list" aria-label=${title}>
    <h2 class="section-title">${title}</h2>
    ${pages.problem && !items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!items && !pages.problem ? html`<${Loading} rows=${2} />` : null}
    ${items && !items.length ? html`<p class="fine">${none}</p>` : null}
    ${items?.length ? html`<ul class="rows">${items.map((/** @type {any} */ file) => html`<li class="row-static" key=${file.id}>
      <span class="row-mark">${file.grid ? html`<img src=${file.grid} alt="" loading="lazy" decoding="async" />` : html`<${Icon} name="file" />`}</span>
      <div class="row-text"><b>${file.file_name}</b><span class="row-meta">${facts(file).join(' · ')}</span></div>
      <div class="btn-row">${actions(file)}</div>
    </li>`)}</ul>` : null}
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<p class="btn-row more-row"><${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//></p>` : null}
  </section>`;
}

/** @param {any} file */
function facts(file) {
  const size = [bytes(file.size_bytes), file.width && file.height ? `${file.width} × ${file.height}` : file.mime];
  return file.trashed_at ? [...size, t('trash.days_left', { n: daysLeft(file.trashed_at) })] : size;
}

/** @typedef {{file: any, busy: boolean, change: (call: () => Promise<any>, text: string) => void}} Acting */

/** @param {Acting} props */
function ToTrash({ file, busy, change }) {
  const name = file.file_name;
  return html`<${Button} size="small" icon="trash-2" busy=${busy} aria-label=${t('files.trash_named', { name })}
    onClick=${() => change(() => api.delete(`/media/${file.id}`), t('files.moved', { name }))}>${t('files.trash')}<//>`;
}

/** @param {Acting} props */
function OutOfTrash({ file, busy, change }) {
  const name = file.file_name;
  const purge = async () => {
    const agreed = await confirm({ title: t('files.purge_title', { name }), body: html`<p>${t('trash.purge_body')}</p>`, action: t('trash.purge'), danger: true });
    if (agreed) change(() => api.post(`/media/${file.id}/purge`), t('files.purged', { name }));
  };
  return html`<${Button} size="small" icon="undo-2" busy=${busy} aria-label=${t('trash.restore_named', { name })}
      onClick=${() => change(() => api.post(`/media/${file.id}/restore`), t('files.restored', { name }))}>${t('trash.restore')}<//>
    <${Button} size="small" icon="trash-2" busy=${busy} aria-label=${t('trash.purge_named', { name })} onClick=${purge}>${t('trash.purge')}<//>`;
}
