// @ts-check
/** Background work: what runs, what waits, what went wrong; live while it is open. */
import { html, useEffect } from '../core/preact.js';
import { api } from '../core/api.js';
import { on } from '../core/events.js';
import { t } from '../core/i18n.js';
import { Button } from '../ui/button.js';
import { Page } from '../ui/page.js';
import { usePages } from '../ui/resource.js';
import { Empty, Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { JobRow } from './jobs/row.js';

await stylesheet('screens.css');

const GROUPS = /** @type {[string, string[]][]} */ ([
  ['running', ['running', 'paused']], ['waiting', ['waiting']], ['failed', ['failed']], ['done', ['done', 'cancelled']],
]);

export default function Jobs() {
  const pages = usePages('jobs', (cursor, signal) => api.get('/jobs', { query: cursor ? { cursor } : {}, signal }));
  useLiveJobs(pages);
  return html`<${Page} title=${t('jobs.title')} sub=${t('jobs.sub')} class="page-narrow">
    ${pages.problem && !pages.items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!pages.items && !pages.problem ? html`<${Loading} rows=${4} />` : null}
    ${pages.items && !pages.items.length ? html`<${Empty} icon="activity" title=${t('jobs.empty_title')} action=${html`<${Button} href="/imports/new">${t('imports.new')}<//>`}>${t('jobs.empty_body')}<//>` : null}
    ${pages.items ? GROUPS.map(([name, states]) => html`<${Group} key=${name} name=${name} jobs=${pages.items?.filter((job) => states.includes(job.state))} onChange=${(/** @type {any} */ job) => put(pages, job)} />`) : null}
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//>` : null}
  <//>`;
}

/** @param {{name: string, jobs: any[], onChange: (job: any) => void}} props */
function Group({ name, jobs, onChange }) {
  if (!jobs.length) return null;
  return html`<section class="job-group">
    <h2 class="section-title">${t(`jobs.group.${name}`)} <span class="fine">${jobs.length}</span></h2>
    <ul class="rows">${jobs.map((job) => html`<${JobRow} key=${job.id} job=${job} onChange=${onChange} />`)}</ul>
  </section>`;
}

/** @param {any} pages */
function useLiveJobs(pages) {
  useEffect(() => {
    const offs = [on('job', (job) => put(pages, job)), on('reconnected', pages.reload)];
    return () => offs.forEach((off) => off());
  }, []);
}

/** Replace the job in the list, or put a new one on top. @param {any} pages @param {any} event */
function put(pages, event) {
  const job = event?.job ?? event;
  if (!job?.id) return;
  pages.set((/** @type {any} */ old) => {
    if (!old) return old;
    const known = old.items.some((/** @type {any} */ one) => one.id === job.id);
    const items = known ? old.items.map((/** @type {any} */ one) => (one.id === job.id ? { ...one, ...job } : one)) : [job, ...old.items];
    return { ...old, items };
  });
}
