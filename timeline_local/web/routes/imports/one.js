// @ts-check
/** One import, drawn by its state on the server: whoever opens the address sees the same step. */
import { html } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { Page } from '../../ui/page.js';
import { Empty, Loading, Trouble } from '../../ui/states.js';
import { Done } from './done.js';
import { useImport } from './live.js';
import { Plan } from './plan.js';
import { Receiving } from './receiving.js';
import { Run, Undoing } from './run.js';
import { Scan } from './scan.js';
import { Crumb, Steps } from './words.js';

const VIEWS = /** @type {Record<string, any>} */ ({
  receiving: Receiving, scanning: Scan, planned: Plan, running: Run, paused: Run,
  done: Done, cancelled: Done, failed: Done, undone: Done, undoing: Undoing,
});

/** @param {{id: string}} props */
export function OneImport({ id }) {
  const { data, problem, reload, set } = useImport(id);
  if (!data && problem) return html`<${Missing} problem=${problem} onRetry=${reload} />`;
  if (!data) return html`<${Page} title=${t('imports.title')} crumb=${html`<${Crumb} />`}><${Loading} rows=${5} /><//>`;
  const View = VIEWS[data.state] ?? Done;
  return html`<${Page}
    title=${t(`imports.heading.${data.state}`)}
    crumb=${html`<${Crumb} label=${data.label} />`}
    aside=${html`<${Steps} state=${data.state} />`}
    class="page-import"
  >
    ${problem ? html`<${Trouble} problem=${problem} onRetry=${reload} safe=${t('imports.server_keeps')} />` : null}
    <${View} item=${data} onChange=${set} reload=${reload} />
  <//>`;
}

/** @param {{problem: any, onRetry: () => void}} props */
function Missing({ problem, onRetry }) {
  return html`<${Page} title=${t('imports.title')} crumb=${html`<${Crumb} />`}>
    ${problem.status === 404
      ? html`<${Empty} icon="folder-input" title=${t('imports.gone_title')} action=${html`<${Button} href="/imports">${t('imports.all')}<//>`}>${t('imports.gone_body')}<//>`
      : html`<${Trouble} problem=${problem} onRetry=${onRetry} />`}
  <//>`;
}
