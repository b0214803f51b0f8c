// @ts-check
/** Every item with its verdict and reason, to keep or to search. */
import { html } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { saveAs } from '../../ui/download.js';
import { Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

/** @param {{item: any}} props */
export function Report({ item }) {
  const { run, busy, problem } = useTask();
  const save = (/** @type {string} */ format) => run(() => saveAs(`/imports/${item.id}/report?format=${format}`, `import-${item.id}.${format}`));
  return html`<div class="btn-row">
    <${Button} icon="download" busy=${busy} onClick=${() => save('csv')}>${t('imports.report_table')}<//>
    <${Button} variant="plain" busy=${busy} onClick=${() => save('ndjson')}>${t('imports.report_lines')}<//>
  </div>${problem ? html`<${Trouble} problem=${problem} />` : null}`;
}
