// @ts-check
/** One job: what it is, how far, and the buttons its state allows. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { ago } from '../../core/dates.js';
import { hasText, t } from '../../core/i18n.js';
import { Badge } from '../../ui/chip.js';
import { Button } from '../../ui/button.js';
import { duration, rate } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { Progress } from '../../ui/progress.js';
import { Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

const TONES = /** @type {Record<string, any>} */ ({ running: 'accent', paused: 'warm', waiting: 'quiet', failed: 'danger', done: 'ok', cancelled: 'quiet' });
const ICONS = /** @type {Record<string, string>} */ ({ scan: 'search', import: 'folder-input', undo: 'undo-2', previews: 'image' });
const ACTIONS = /** @type {Record<string, [string, string][]>} */ ({
  running: [['pause', 'pause'], ['cancel', 'x']], paused: [['resume', 'play'], ['cancel', 'x']],
  waiting: [['cancel', 'x']], failed: [['retry', 'refresh-cw']],
});

/** @param {{job: any, onChange: (job: any) => void}} props */
export function JobRow({ job, onChange }) {
  const { run, busy, problem } = useTask();
  const act = (/** @type {string} */ action) => run(async () => {
    const answer = await api.post(`/jobs/${job.id}/${action}`);
    onChange(answer ?? await api.get(`/jobs/${job.id}`));
  });
  const name = jobName(job.kind);
  return html`<li class="job">
    <span class="row-mark"><${Icon} name=${ICONS[job.kind] ?? 'activity'} /></span>
    <div class="row-text">
      <b>${name}</b>
      <span class="row-meta">${facts(job)}</span>
      ${job.state === 'running' || job.state === 'paused' ? html`<${Progress} label=${name} value=${job.progress?.done} max=${job.progress?.total} text=${facts(job)} />` : null}
      ${job.state === 'running' && job.progress?.current ? html`<span class="row-sub">${job.progress.current}</span>` : null}
      ${job.error && job.state === 'failed' ? html`<span class="job-error">${errorText(job.error)}</span>` : null}
      ${problem ? html`<${Trouble} problem=${problem} />` : null}
      <div class="btn-row job-actions">
        ${(ACTIONS[job.state] ?? []).map(([action, icon]) => html`<${Button} key=${action} size="small" icon=${icon} busy=${busy} aria-label=${`${t(`jobs.${action}`)}: ${name}`} onClick=${() => act(action)}>${t(`jobs.${action}`)}<//>`)}
        ${job.import_id ? html`<a class="text-link" href=${`/imports/${job.import_id}`}>${t('jobs.open_import')}</a>` : null}
      </div>
    </div>
    <${Badge} tone=${TONES[job.state] ?? 'quiet'}>${t(`jobs.state.${job.state}`)}<//>
  </li>`;
}

/** @param {string} kind */
const jobName = (kind) => (hasText(`jobs.kind.${kind}`) ? t(`jobs.kind.${kind}`) : kind.replaceAll('_', ' '));

/** @param {any} error */
const errorText = (error) => (typeof error === 'string' ? error : error.detail ?? error.title ?? '');

/** "1 204 of 3 000 · 42 a second · about 40 s left", or when it ended. @param {any} job */
function facts(job) {
  const progress = job.progress ?? {};
  const active = job.state === 'running' || job.state === 'paused';
  const parts = [
    progress.total ? t('jobs.of', { done: progress.done ?? 0, n: progress.total }) : progress.done ? t('jobs.so_far', { n: progress.done }) : '',
    job.state === 'running' && progress.per_second ? t('imports.per_second', { rate: rate(progress.per_second) }) : '',
    job.state === 'running' && progress.eta_s ? t('imports.eta', { time: duration(progress.eta_s) }) : '',
    job.attempts > 1 ? t('jobs.attempts', { n: job.attempts }) : '',
    active ? '' : ago(job.finished_at ?? job.created_at),
  ];
  return parts.filter(Boolean).join(' · ');
}
