// @ts-check
/** Step 2: the server reads the folder; nothing is added yet. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { navigate } from '../../core/router.js';
import { Button } from '../../ui/button.js';
import { bytes, duration } from '../../ui/format.js';
import { Progress } from '../../ui/progress.js';
import { Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

/** @param {{item: any}} props */
export function Scan({ item }) {
  const progress = item.progress ?? {};
  const { run, busy, problem } = useTask();
  const stop = () => run(async () => {
    await api.post(`/imports/${item.id}/cancel`, { keep: false });
    navigate('/imports');
  });
  const text = progress.total
    ? t('imports.scan_of', { done: progress.done ?? 0, n: progress.total })
    : t('imports.scan_found', { n: progress.done ?? 0 });
  return html`<section class="run">
    <div class="run-card">
      <p class="run-now"><b>${text}</b><span>${progress.bytes_done ? bytes(progress.bytes_done) : ''}${progress.eta_s ? ` · ${t('imports.eta', { time: duration(progress.eta_s) })}` : ''}</span></p>
      <${Progress} large label=${t('imports.heading.scanning')} value=${progress.done} max=${progress.total} text=${text} />
      <p class="run-file">${progress.current || item.path || ' '}</p>
    </div>
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <div class="btn-row"><${Button} icon="x" busy=${busy} onClick=${stop}>${t('imports.stop_scan')}<//></div>
    <p class="fine">${t('imports.scan_hint')}</p>
  </section>`;
}
