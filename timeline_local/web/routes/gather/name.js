// @ts-check
/** Ask for a name (and more, when the caller draws it) and save it; a refusal stays in the dialog. */
import { html, useState } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

/** Closes with what `save` answered, or null. @param {{title: string, label: string, action: string, value?: string, hint?: string, save: (name: string) => Promise<any>, close: (made: any) => void}} props */
export function NameDialog({ title, label, action, value = '', hint, save, close }) {
  const [name, setName] = useState(value), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (name.trim()) run(async () => close((await save(name.trim())) ?? true));
  };
  return html`<${Dialog} title=${title} onClose=${() => close(null)} class="dialog-small"><form onSubmit=${submit}>
    <${TextField} label=${label} hint=${hint} value=${name} onInput=${setName} required maxlength="200" autocomplete="off" data-autofocus />
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(null)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${busy} disabled=${!name.trim()}>${action}<//></div>
  </form><//>`;
}
