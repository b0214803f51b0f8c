// @ts-check
/** Dropped files on their way to the server. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { navigate } from '../../core/router.js';
import { Button } from '../../ui/button.js';
import { bytes } from '../../ui/format.js';
import { Progress } from '../../ui/progress.js';
import { Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { finishUpload, retryFailed, uploads } from './upload.js';

/** @param {{item: any, reload: () => void}} props */
export function Receiving({ item, reload }) {
  const upload = uploads.value[item.id];
  const { run, busy, problem } = useTask();
  const look = () => run(async () => {
    await finishUpload(item.id);
    reload();
  });
  const drop = () => run(async () => {
    await api.post(`/imports/${item.id}/cancel`, { keep: false });
    navigate('/imports/new');
  });
  return html`<section class="run">
    ${upload ? html`<${Sending} upload=${upload} />` : html`<${Note} tone="warm" icon="upload">${t('imports.upload_elsewhere')}<//>`}
    ${upload?.failed.length ? html`<${FailedUploads} upload=${upload} onRetry=${() => retryFailed(item.id)} />` : null}
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <div class="btn-row">
      ${!upload || (upload.finished && upload.failed.length) ? html`<${Button} variant="primary" busy=${busy} onClick=${look}>${t('imports.upload_continue')}<//>` : null}
      <${Button} variant="plain" onClick=${drop}>${t('imports.upload_drop')}<//>
    </div>
    <p class="fine">${t('imports.upload_hint')}</p>
  </section>`;
}

/** @param {{upload: any}} props */
function Sending({ upload }) {
  const text = t('imports.upload_progress', { done: upload.done, n: upload.total, sent: bytes(upload.bytesDone), size: bytes(upload.bytesTotal) });
  return html`<div class="run-card">
    <p class="run-now"><b>${text}</b></p>
    <${Progress} large label=${t('imports.heading.receiving')} value=${upload.bytesDone} max=${upload.bytesTotal || 1} text=${text} />
    <p class="run-file">${upload.current || ' '}</p>
  </div>`;
}

/** @param {{upload: any, onRetry: () => void}} props */
function FailedUploads({ upload, onRetry }) {
  return html`<div class="attention-card">
    <b>${t('imports.upload_failed', { n: upload.failed.length })}</b>
    <ul>${upload.failed.slice(0, 8).map((/** @type {any} */ entry) => html`<li key=${entry.path}>${entry.path}: ${entry.problem.detail || entry.problem.message}</li>`)}</ul>
    ${upload.finished ? html`<${Button} size="small" icon="refresh-cw" onClick=${onRetry}>${t('ui.retry')}<//>` : null}
  </div>`;
}
