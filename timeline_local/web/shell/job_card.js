// @ts-check
/** The running job at the foot of the rail. */
import { html, signal, useEffect } from '../core/preact.js';
import { api } from '../core/api.js';
import { on } from '../core/events.js';
import { t } from '../core/i18n.js';

const running = signal(/** @type {any} */ (null));

/** @param {any} job */
function take(job) {
  const isOurs = running.value?.id === job.id;
  if (job.state === 'running') { if (isOurs || !running.value) running.value = job; } else if (isOurs) running.value = null;
}

async function read() {
  try { running.value = (await api.get('/jobs', { query: { state: 'running' } })).items[0] ?? null; } catch { /* the card is a comfort, not a duty */ }
}

export function JobCard() {
  useEffect(() => {
    read();
    const stops = [on('job', (data) => take(data.job ?? data)), on('reconnected', read)];
    return () => stops.forEach((stop) => stop());
  }, []);
  const job = running.value;
  if (!job) return null;
  const { done = 0, total = 0, eta_s: eta } = job.progress ?? {};
  const left = eta > 0 ? ` · ${eta < 90 ? t('job.seconds', { n: Math.ceil(eta) }) : t('job.minutes', { n: Math.ceil(eta / 60) })}` : '';
  return html`<a class="job-card" href=${job.import_id ? `/imports/${job.import_id}` : '/jobs'}>
    <b>${t(`job.kind.${job.kind}`) === `job.kind.${job.kind}` ? job.kind : t(`job.kind.${job.kind}`)}</b>
    <progress key=${total ? 'known' : 'unknown'} ...${total ? { value: done, max: total } : {}} aria-label=${t('job.progress')}></progress>
    ${total ? t('job.of', { done, total }) : done ? t('job.so_far', { n: done }) : t('job.working')}${left}
  </a>`;
}
