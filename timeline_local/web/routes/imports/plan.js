// @ts-check
/** Step 3, the plan: what would happen, before anything happens. */
import { html, useState } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { bytes, count, percent } from '../../ui/format.js';
import { Button } from '../../ui/button.js';
import { Icon } from '../../ui/icon.js';
import { Meter, YearBars } from '../../ui/progress.js';
import { Empty } from '../../ui/states.js';
import { openItems } from './items.js';
import { Options } from './options.js';
import { Report } from './report.js';
import { kindName, kindOrder, Sums } from './words.js';

/** @param {{item: any, reload: () => void}} props */
export function Plan({ item, reload }) {
  const plan = item.plan ?? {};
  const [mode, setMode] = useState(item.options?.mode ?? 'copy');
  if (!plan.total) return html`<${NothingHere} item=${item} />`;
  return html`<div class="cols">
    <div class="plan">
      <${PlanSums} item=${item} copying=${mode === 'copy'} />
      <${KindTable} plan=${plan} />
      <${SourceTable} plan=${plan} />
      <${Attention} item=${item} />
      ${hasDates(plan) ? html`<section>
        <h2 class="section-title">${t('imports.where_they_land')}</h2>
        <${YearBars} label=${t('imports.per_year')} counts=${plan.by_year} />
      </section>` : null}
      <${DateSources} plan=${plan} />
      <p><button type="button" class="text-btn" onClick=${() => openItems(item, {})}>${t('imports.see_all', { n: plan.total })}</button></p>
      <${Report} item=${item} />
    </div>
    <aside class="side"><${Options} item=${item} mode=${mode} onMode=${setMode} reload=${reload} /></aside>
  </div>`;
}

/** @param {any} plan */
const hasDates = (plan) => Object.keys(plan.by_year ?? {}).some((year) => Number(year) > 0);

/** Worth knowing, but nothing to decide. */
const FOR_INFORMATION = new Set(['zone-assumed', 'skipped']);

/** @param {{item: any, copying: boolean}} props */
function PlanSums({ item, copying }) {
  const plan = item.plan;
  const points = (plan.attention ?? []).filter((/** @type {any} */ one) => !FOR_INFORMATION.has(one.slug));
  const attention = Math.min(plan.total, points.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.count, 0));
  const items = [
    { key: 'new', value: count(plan.new), label: t('imports.sum_new', { n: plan.new }) },
    { key: 'same', value: count(plan.same), label: t('imports.sum_same') },
    plan.changed ? { key: 'changed', value: count(plan.changed), label: t('imports.sum_changed') } : null,
    { key: 'attention', value: count(attention), label: t('imports.sum_attention'), tone: attention ? 'warm' : undefined },
    {
      key: 'bytes', value: bytes(copying ? plan.bytes_new : plan.bytes_packed), tone: copying && !plan.fits ? 'danger' : undefined,
      label: copying || plan.bytes_packed ? t('imports.sum_bytes', { free: bytes(plan.free_bytes) }) : t('imports.sum_no_bytes'),
    },
  ];
  return html`<${Sums} items=${/** @type {any} */ (items.filter(Boolean))} />`;
}

/** @param {{plan: any}} props */
function KindTable({ plan }) {
  const kinds = Object.keys(plan.by_kind ?? {}).sort((a, b) => kindOrder(a) - kindOrder(b));
  const rows = kinds.map((kind) => ({ key: kind, name: kindName(kind), counts: plan.by_kind[kind] }));
  return html`<${CountTable} caption=${t('imports.what_comes')} head=${t('imports.kind')} rows=${rows} />`;
}

/** Who reads it, and what comes of that. @param {{plan: any}} props */
export function SourceTable({ plan }) {
  const rows = Object.entries(plan?.by_source ?? {}).map(([key, counts]) => ({ key, name: counts.title, counts }));
  return html`<${CountTable} caption=${t('imports.by_source')} head=${t('imports.source')} rows=${rows} />`;
}

/** @param {{caption: string, head: string, rows: {key: string, name: string, counts: any}[]}} props */
function CountTable({ caption, head, rows }) {
  if (!rows.length) return null;
  const columns = ['new', 'same', 'changed', 'skipped', 'failed'].filter((column) => column === 'new' || rows.some((row) => row.counts[column]));
  return html`<div class="table-wrap" tabindex="0" role="region" aria-label=${caption}>
    <table class="table plan-table">
      <caption class="sr">${caption}</caption>
      <thead><tr><th scope="col">${head}</th>${columns.map((column) => html`<th scope="col" class="num" key=${column}>${t(`imports.col.${column}`)}</th>`)}</tr></thead>
      <tbody>
        ${rows.map((row) => html`<tr key=${row.key}>
          <th scope="row">${row.name}</th>
          ${columns.map((column) => {
            const value = row.counts[column] ?? 0;
            return html`<td key=${column} class=${`num${value ? '' : ' none'}`}>${value ? count(value) : '—'}</td>`;
          })}
        </tr>`)}
      </tbody>
    </table>
  </div>`;
}

/** Things worth a look before the import; each opens its items. @param {{item: any}} props */
function Attention({ item }) {
  const points = item.plan.attention ?? [];
  if (!points.length) return html`<p class="all-well"><${Icon} name="circle-check" />${t('imports.nothing_to_check')}</p>`;
  return html`<section>
    <h2 class="section-title">${t('imports.attention')}</h2>
    <ul class="attention">
      ${points.map((/** @type {any} */ point) => html`<li key=${point.slug} class=${FOR_INFORMATION.has(point.slug) ? 'is-info' : undefined}>
        <${Icon} name=${FOR_INFORMATION.has(point.slug) ? 'info' : 'triangle-alert'} />
        <span class="attention-text">${point.title}</span>
        ${point.slug === 'zone-assumed'
          ? html`<button type="button" class="text-btn" onClick=${focusZone}>${t('imports.change_zone')}</button>`
          : html`<button type="button" class="text-btn" onClick=${() => openItems(item, { attention: point })}>${t('imports.review', { n: point.count })}</button>`}
      </li>`)}
    </ul>
  </section>`;
}

/** The answer to an assumed zone is the choice beside the plan. */
function focusZone() {
  const field = /** @type {HTMLElement | null} */ (document.querySelector('.options select'));
  field?.scrollIntoView({ block: 'center' });
  field?.focus();
}

/** @param {string} basis */
const basisName = (basis) => (basis === 'none' ? t('imports.no_date') : t(`basis.${basis}`));

const TONES = ['accent', 'warm', 'ink'];

/** Which evidence dates the new memories, most used first. @param {{plan: any}} props */
function DateSources({ plan }) {
  const entries = /** @type {[string, number][]} */ (Object.entries(plan.by_basis ?? {})).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  const whole = entries.reduce((sum, [, n]) => sum + n, 0);
  if (!whole) return null;
  const parts = entries.map(([basis, amount], index) => ({ key: basis, amount, tone: TONES[Math.min(index, TONES.length - 1)] }));
  const text = entries.map(([basis, n]) => `${basisName(basis)} ${percent(n, whole)}`).join(' · ');
  return html`<section>
    <h2 class="section-title">${t('imports.dates_from')}</h2>
    <${Meter} label=${text} parts=${parts} whole=${whole} />
    <ul class="legend">
      ${parts.map((part) => html`<li key=${part.key}><i class=${`meter-${part.tone}`}></i>${basisName(part.key)} <b>${percent(part.amount, whole)}</b></li>`)}
    </ul>
  </section>`;
}

/** @param {{item: any}} props */
function NothingHere({ item }) {
  return html`<${Empty} icon="folder-open" title=${t('imports.none_found_title')} action=${html`<${Button} variant="primary" href="/imports/new">${t('imports.choose_other')}<//>`}>
    ${t('imports.none_found_body', { path: item.path || item.label })}
  <//>`;
}
