// @ts-check
/** Step 4: the import at work. It lives in the server; this page only looks at it. */
import { html, useRef } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog, present } from '../../ui/dialog.js';
import { bytes, count, duration, percent, rate } from '../../ui/format.js';
import { Progress } from '../../ui/progress.js';
import { Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { openItems } from './items.js';
import { added } from './words.js';

/** The window over which MB/s is averaged: long enough to be calm, short enough to be true. */
const WINDOW_MS = 15_000;

/** @param {{item: any, reload: () => void}} props */
export function Run({ item, reload }) {
  const { run, busy, problem } = useTask();
  const paused = item.state === 'paused';
  const act = (/** @type {string} */ action, /** @type {any} */ body) => run(async () => {
    await api.post(`/imports/${item.id}/${action}`, body);
    reload();
  });
  const stop = async () => {
    const choice = await present(StopDialog, { item });
    if (choice) act('cancel', { keep: choice === 'keep' });
  };
  return html`<section class="run">
    <${RunCard} item=${item} paused=${paused} />
    ${problem ? html`<${Trouble} problem=${problem} safe=${t('imports.server_keeps')} />` : null}
    <div class="btn-row">
      ${paused
        ? html`<${Button} variant="primary" icon="play" busy=${busy} onClick=${() => act('resume')}>${t('imports.resume')}<//>`
        : html`<${Button} icon="pause" busy=${busy} onClick=${() => act('pause')}>${t('imports.pause')}<//>`}
      <${Button} variant="plain" onClick=${stop}>${t('imports.cancel')}<//>
      ${item.counts?.failed ? html`<button type="button" class="text-btn" onClick=${() => openItems(item, { verdict: 'failed' })}>${t('imports.n_failed', { n: item.counts.failed })}</button>` : null}
    </div>
    <${Note} icon="shield-check">${t('imports.close_tab')}<//>
  </section>`;
}

/** @param {{item: any, paused: boolean}} props */
function RunCard({ item, paused }) {
  const progress = item.progress ?? {};
  const speed = useByteSpeed(progress.bytes_done ?? 0);
  const text = t('imports.run_of', { done: progress.done ?? 0, n: progress.total ?? 0 });
  const spoken = progress.eta_s ? `${text}, ${t('imports.eta', { time: duration(progress.eta_s) })}` : text;
  return html`<div class="run-card">
    <p class="run-big">${percent(progress.done ?? 0, progress.total ?? 0)}</p>
    <p class="run-now"><b>${text}</b>${paused ? html`<span>${t('imports.is_paused')}</span>` : progress.eta_s ? html`<span>${t('imports.eta', { time: duration(progress.eta_s) })}</span>` : null}</p>
    <${Progress} large label=${t('imports.heading.running')} value=${progress.done ?? 0} max=${progress.total || 1} text=${spoken} />
    <p class="run-file">${paused ? ' ' : progress.current || ' '}</p>
    <dl class="run-facts">
      <div><dt>${t('imports.speed')}</dt><dd>${paused || !progress.per_second ? '—' : t('imports.per_second', { rate: rate(progress.per_second) })}</dd></div>
      <div><dt>${t('imports.reading')}</dt><dd>${paused || !speed ? '—' : t('imports.bytes_per_second', { size: bytes(speed) })}</dd></div>
      <div><dt>${t('imports.data')}</dt><dd>${progress.bytes_total ? t('imports.bytes_of', { done: bytes(progress.bytes_done), whole: bytes(progress.bytes_total) }) : '—'}</dd></div>
      <div><dt>${t('imports.added')}</dt><dd>${count(added(item))}</dd></div>
    </dl>
  </div>`;
}

/** Bytes a second over the last moments. @param {number} done */
function useByteSpeed(done) {
  const samples = useRef(/** @type {[number, number][]} */ ([]));
  const now = Date.now();
  const kept = samples.current.filter(([at]) => now - at < WINDOW_MS);
  if (!kept.length || kept[kept.length - 1][1] !== done) kept.push([now, done]);
  samples.current = kept;
  const [firstAt, firstBytes] = kept[0];
  return now - firstAt < 1000 ? 0 : ((done - firstBytes) / (now - firstAt)) * 1000;
}

/** Cancel has two honest meanings; neither is hidden. @param {{item: any, close: (choice: 'keep'|'undo'|null) => void}} props */
function StopDialog({ item, close }) {
  return html`<${Dialog} title=${t('imports.cancel_title')} onClose=${() => close(null)} class="dialog-small">
    <div class="prose"><p>${t('imports.cancel_body', { n: added(item) })}</p></div>
    <div class="dialog-stack">
      <${Button} variant="primary" onClick=${() => close(null)} data-autofocus>${t('imports.go_on')}<//>
      <${Button} onClick=${() => close('keep')}>${t('imports.cancel_keep')}<//>
      <${Button} onClick=${() => close('undo')}>${t('imports.cancel_undo')}<//>
    </div>
  <//>`;
}

/** @param {{item: any}} props */
export function Undoing({ item }) {
  const progress = item.progress ?? {};
  const text = t('imports.undo_of', { done: progress.done ?? 0, n: progress.total ?? 0 });
  return html`<section class="run">
    <div class="run-card">
      <p class="run-now"><b>${text}</b></p>
      <${Progress} large label=${t('imports.heading.undoing')} value=${progress.done ?? 0} max=${progress.total ?? 0} text=${text} />
      <p class="run-file">${progress.current || ' '}</p>
    </div>
    <p class="fine">${t('imports.undo_hint')}</p>
  </section>`;
}
