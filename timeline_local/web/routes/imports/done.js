// @ts-check
/** The end of an import: what came in, what did not and why, and the way back. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { confirm } from '../../ui/confirm.js';
import { count, moment } from '../../ui/format.js';
import { YearBars } from '../../ui/progress.js';
import { Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { ItemList, openItems } from './items.js';
import { SourceTable } from './plan.js';
import { Report } from './report.js';
import { added, Sums } from './words.js';

/** @param {{item: any, reload: () => void}} props */
export function Done({ item, reload }) {
  const task = useTask();
  const retry = () => task.run(async () => {
    await api.post(`/jobs/${item.job_id}/retry`);
    reload();
  });
  const nothingLeft = item.state === 'undone' || !item.started_at;
  return html`<div class="done">
    <${Outcome} item=${item} onRetry=${retry} />
    ${nothingLeft ? null : html`<${Sums} items=${item.state === 'done' ? sums(item.counts ?? {}) : partial(item)} />`}
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    <${Actions} item=${item} task=${task} reload=${reload} undoable=${Boolean(item.undoable_until) && !nothingLeft} />
    ${item.state === 'done' ? html`<${Landed} plan=${item.plan} /><${SourceTable} plan=${item.plan} />` : null}
    ${item.counts?.failed && !nothingLeft ? html`<section>
      <h2 class="section-title">${t('imports.problems', { n: item.counts.failed })}</h2>
      <p class="fine">${t('imports.problems_hint')}</p>
      <${ItemList} id=${item.id} verdict="failed" />
    </section>` : null}
  </div>`;
}

/** @param {{item: any, task: ReturnType<typeof useTask>, reload: () => void, undoable: boolean}} props */
function Actions({ item, task, reload, undoable }) {
  const n = added(item);
  const undo = async () => {
    const agreed = await confirm({
      title: t('imports.undo_title'), body: html`<p>${t('imports.undo_body', { n })}</p>`, action: t('imports.undo'), danger: true,
    });
    if (agreed) task.run(async () => {
      await api.post(`/imports/${item.id}/undo`);
      reload();
    });
  };
  return html`<div class="btn-row done-actions">
    ${n
      ? html`<${Button} variant="primary" icon="gallery-vertical-end" href=${timelineLink(item)}>${t('imports.show')}<//>`
      : html`<${Button} variant="primary" icon="plus" href="/imports/new">${t('imports.new')}<//>`}
    <${Button} icon="list" onClick=${() => openItems(item, {})}>${t('imports.items')}<//>
    ${undoable ? html`<${Button} icon="undo-2" onClick=${undo}>${t('imports.undo')}<//>` : null}
  </div>
  <${Report} item=${item} />
  ${undoable ? html`<p class="fine">${t('imports.undoable', { date: moment(item.undoable_until) })}</p>` : null}`;
}

/** @param {{plan: any}} props */
function Landed({ plan }) {
  if (!Object.keys(plan?.by_year ?? {}).length) return null;
  return html`<section>
    <h2 class="section-title">${t('imports.where_they_land')}</h2>
    <${YearBars} label=${t('imports.per_year')} counts=${plan.by_year} />
  </section>`;
}

/** @param {any} counts */
function sums(counts) {
  const shown = [
    { key: 'new', value: count(counts.new), label: t('imports.done_new', { n: counts.new ?? 0 }) },
    { key: 'same', value: count(counts.same), label: t('imports.sum_same') },
    { key: 'changed', value: count(counts.changed), label: t('imports.sum_changed'), hide: !counts.changed },
    { key: 'skipped', value: count(counts.skipped), label: t('imports.sum_skipped'), hide: !counts.skipped },
    { key: 'failed', value: count(counts.failed), label: t('imports.sum_failed'), tone: counts.failed ? 'warm' : undefined },
  ];
  return shown.filter((one) => !one.hide);
}

/** An import that ended early: what came in and what did not. @param {any} item */
function partial(item) {
  const n = added(item);
  const left = Math.max(0, (item.progress?.total ?? 0) - (item.progress?.done ?? 0));
  return [{ key: 'new', value: count(n), label: t('imports.done_new', { n }) }, { key: 'left', value: count(left), label: t('imports.sum_left') }];
}

/** The newest year that was imported is where to look. @param {any} item */
function timelineLink(item) {
  const years = Object.keys(item.plan?.by_year ?? {}).map(Number).filter((year) => year > 0);
  return years.length ? `/timeline?d=${Math.max(...years)}-12-31` : '/timeline';
}

/** @param {{item: any, onRetry: () => void}} props */
function Outcome({ item, onRetry }) {
  if (item.state === 'failed') {
    const slug = item.error?.type?.split('/').pop();
    return html`<${Trouble} problem=${{ status: 500, title: t('imports.failed_title'), detail: item.error?.detail ?? '', slug }} onRetry=${item.job_id ? onRetry : undefined} safe=${t('imports.failed_safe')} />
      ${slug === 'nothing-to-import' ? html`<p><a class="text-link" href="/guides">${t('imports.what_link')}</a></p>` : null}`;
  }
  const tone = item.state === 'done' ? 'ok' : 'quiet';
  return html`<${Note} tone=${tone} icon=${item.state === 'done' ? 'circle-check' : 'undo-2'}>${t(`imports.outcome.${item.started_at ? item.state : 'dropped'}`, { date: moment(item.finished_at ?? item.created_at) })}<//>`;
}
