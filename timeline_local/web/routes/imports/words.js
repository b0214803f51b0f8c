// @ts-check
/** What an import is called in each of its states, and the small pieces every step shows. */
import { html } from '../../core/preact.js';
import { hasText, t } from '../../core/i18n.js';
import { Badge } from '../../ui/chip.js';

const TONES = /** @type {Record<string, any>} */ ({
  receiving: 'accent', scanning: 'accent', planned: 'warm', running: 'accent', paused: 'warm', done: 'ok',
  cancelled: 'quiet', failed: 'danger', undoing: 'accent', undone: 'quiet',
});
const STEPS = ['choose', 'scan', 'preview', 'import'];
const STEP_OF = /** @type {Record<string, number>} */ ({
  choose: 0, receiving: 1, scanning: 1, planned: 2, running: 3, paused: 3, done: 4, cancelled: 4, failed: 4, undoing: 4, undone: 4,
});

/** States in which the server is at work. */
export const ACTIVE = new Set(['receiving', 'scanning', 'running', 'undoing']);

/** Order of kinds in tables: what people have most of first. */
const KINDS = ['photo', 'video', 'note', 'audio', 'visit', 'move', 'event', 'message', 'post', 'play', 'health', 'document', 'bookmark'];

/** "Photos"; kinds without a word of their own are other files. @param {string} kind */
export const kindName = (kind) => (hasText(`kinds.${kind}`) ? t(`kinds.${kind}`) : t('kinds.other'));

/** Most usual first, unknown ones last. @param {string} kind */
export const kindOrder = (kind) => (KINDS.includes(kind) ? KINDS.indexOf(kind) : KINDS.length);

/** How many memories it has added so far: the counts of the server are those of the plan until the import is done. @param {any} item */
export function added(item) {
  if (!item.started_at || item.state === 'undone') return 0;
  const planned = (item.counts?.new ?? 0) + (item.counts?.changed ?? 0);
  return item.state === 'done' ? item.counts?.new ?? 0 : Math.min(planned, item.progress?.done ?? 0);
}

/** @param {{state: string}} props */
export function StateBadge({ state }) {
  return html`<${Badge} tone=${TONES[state] ?? 'quiet'}>${t(`imports.state.${state}`)}<//>`;
}

/** Choose · Scan · Preview · Import. @param {{state: string}} props */
export function Steps({ state }) {
  const at = STEP_OF[state] ?? 0;
  return html`<ol class="steps" aria-label=${t('imports.steps')}>
    ${STEPS.map((step, index) => html`<li key=${step} class=${index < at ? 'is-done' : undefined} aria-current=${index === at ? 'step' : undefined}>${t(`imports.step.${step}`)}</li>`)}
  </ol>`;
}

/** @param {{label?: string}} props */
export function Crumb({ label }) {
  return html`<a href="/imports">${t('imports.title')}</a>${label ? ` / ${label}` : ''}`;
}

/** A row of large numbers. @param {{items: {key: string, value: any, label: any, tone?: string}[]}} props */
export function Sums({ items }) {
  return html`<dl class="sums">
    ${items.map((item) => html`<div key=${item.key} class=${item.tone ? `sum-${item.tone}` : undefined}><dt>${item.label}</dt><dd>${item.value}</dd></div>`)}
  </dl>`;
}
