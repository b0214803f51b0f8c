// @ts-check
/** Stars and mood: five steps each; pressing the one that is set takes it away. */
import { html } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Icon } from '../../ui/icon.js';
import { complain, forget, read, save } from './store.js';

const STEPS = [1, 2, 3, 4, 5];

/** @param {{memory: any, onSaved: (memory: any) => void}} props */
export function Feeling({ memory, onSaved }) {
  const set = (/** @type {any} */ changes) => save(memory, changes).then(onSaved, (problem) => {
    if (problem.status === 412) { forget(memory.id); read(memory.id).then(onSaved, () => {}); }
    complain(problem);
  });
  const rating = memory.rating ?? 0;
  return html`<div class="stars" role="group" aria-label=${t('viewer.rating')}>
      ${STEPS.map((n) => html`<button key=${n} type="button" class=${n <= rating ? 'is-on' : undefined} aria-pressed=${String(n === rating)} aria-label=${t('viewer.stars', { n })} title=${t('viewer.stars', { n })} onClick=${() => set({ rating: n === rating ? null : n })}><${Icon} name="star" /></button>`)}</div>
    <div class="moods" role="group" aria-label=${t('viewer.mood')}>
      ${STEPS.map((n) => html`<button key=${n} type="button" aria-pressed=${String(n === memory.mood)} onClick=${() => set({ mood: n === memory.mood ? null : n })}>${t(`viewer.moods.${n}`)}</button>`)}</div>`;
}
