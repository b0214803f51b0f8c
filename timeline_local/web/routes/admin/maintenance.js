// @ts-check
/** Upkeep by hand; each runs as a job whose progress is shown here. */
import { html, useEffect, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { on } from '../../core/events.js';
import { hasText, t } from '../../core/i18n.js';
import { Badge } from '../../ui/chip.js';
import { Button } from '../../ui/button.js';
import { count } from '../../ui/format.js';
import { Progress } from '../../ui/progress.js';
import { Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

const TASKS = /** @type {[string, string][]} */ ([
  ['verify', '/admin/maintenance/verify'], ['recount', '/admin/maintenance/recount'], ['reindex', '/admin/maintenance/reindex'],
  ['sweep', '/admin/maintenance/sweep'], ['vacuum', '/admin/maintenance/vacuum'], ['anonymised', '/admin/anonymised-copies'],
]);
const OVER = new Set(['done', 'failed', 'cancelled']);
/** Events come at once; this finds the end of a job whose event was missed. */
const ASK_EVERY_MS = 2000;

export default function Maintenance() {
  return html`<ul class="upkeep">${TASKS.map(([name, path]) => html`<${Upkeep} key=${name} name=${name} path=${path} />`)}</ul>`;
}

/** @param {{name: string, path: string}} props */
function Upkeep({ name, path }) {
  const [job, setJob] = useState(/** @type {any} */ (null)), { run, busy, problem } = useTask();
  const working = job !== null && !OVER.has(job.state);
  useEffect(() => {
    if (!working) return undefined;
    const take = (/** @type {any} */ next) => { if (next.id === job.id) setJob((/** @type {any} */ old) => ({ ...old, ...next })); };
    const stop = on('job', (data) => take(data.job ?? data));
    const timer = setInterval(() => api.get(`/jobs/${job.id}`).then(take, () => {}), ASK_EVERY_MS);
    return () => { stop(); clearInterval(timer); };
  }, [working, job?.id]);
  const start = () => run(async () => { const answer = await api.post(path); setJob({ state: 'waiting', ...(answer.job ?? answer) }); });
  return html`<li><div><b>${t(`admin.task.${name}`)}</b><p class="field-hint">${t(`admin.task_hint.${name}`)}</p>
      ${working ? html`<${Progress} label=${t(`admin.task.${name}`)} value=${job.progress?.done ?? 0} max=${job.progress?.total ?? 0} />` : null}
      ${job?.result && !working ? html`<${Found} result=${job.result} />` : null}
      ${problem ? html`<${Trouble} problem=${problem} />` : null}</div>
    <span role="status">${job && !working ? html`<${Badge} tone=${job.state === 'done' ? 'ok' : 'danger'} icon=${job.state === 'done' ? 'circle-check' : 'circle-alert'}>${t(`admin.job.${job.state}`)}<//>` : null}</span>
    <${Button} busy=${busy || working} aria-label=${`${t('admin.run')}: ${t(`admin.task.${name}`)}`} onClick=${start}>${t(working ? 'admin.running' : 'admin.run')}<//></li>`;
}

/** What a finished job found: counts in a line, and every fault it names. @param {{result: any}} props */
function Found({ result }) {
  const { task, problems = [], faults = 0, ...counts } = result;
  const line = Object.entries(counts).filter(([, value]) => typeof value !== 'object').map(([name, value]) => `${hasText(`admin.found.${name}`) ? t(`admin.found.${name}`) : name.replaceAll('_', ' ')}: ${typeof value === 'number' ? count(value) : value}`).join(' · ');
  return html`${line ? html`<p class="fine">${line}</p>` : null}
    ${faults ? html`<${Note} tone="danger" icon="triangle-alert">${t('admin.faults', { n: faults })}
      <ul>${problems.map((/** @type {any} */ one, /** @type {number} */ k) => html`<li key=${k}>${hasText(`admin.fault.${one.what}`) ? t(`admin.fault.${one.what}`) : one.what.replaceAll('_', ' ')}${one.which ? html` <code>${one.which}</code>` : null}</li>`)}</ul><//>` : null}`;
}
