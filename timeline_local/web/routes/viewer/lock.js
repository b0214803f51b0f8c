// @ts-check
/** Locked notes: the text is sealed on the server and opens with a passphrase, for this session only. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { toast } from '../../core/toast.js';
import { Button } from '../../ui/button.js';
import { Dialog, present } from '../../ui/dialog.js';
import { PasswordField } from '../../ui/password.js';
import { Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { complain, forget } from './store.js';

/** Make sure this session has the key: a first passphrase is set, a known one is asked for. True when it has. */
async function withKey() {
  const state = await api.get('/locked-notes');
  return state.unlocked || await present(Passphrase, { first: !state.has_passphrase }) === true;
}

/** @param {{memory: any}} props */
export function NoteLock({ memory }) {
  const { run, busy, problem } = useTask();
  const act = (/** @type {string} */ path, /** @type {string} */ done) => run(async () => {
    if (!await withKey()) return;
    await api.post(path);
    forget(memory.id);
    toast({ text: t(done), tone: 'ok' });
  });
  const open = () => run(async () => { if (await withKey()) forget(memory.id); });
  const shut = () => api.post('/locked-notes/lock').then(() => forget(memory.id), complain);
  if (!memory.locked && !(memory.kind === 'note' && memory.body)) return null;
  return html`<div class="note-lock">
    <p>${t(!memory.locked ? 'viewer.lock_hint' : memory.body ? 'viewer.lock_open' : 'viewer.lock_shut')}</p>
    <div class="btn-row">
      ${!memory.locked ? html`<${Button} size="small" icon="lock" busy=${busy} onClick=${() => act(`/memories/${memory.id}/lock`, 'viewer.locked')}>${t('viewer.lock')}<//>` : null}
      ${memory.locked && !memory.body ? html`<${Button} size="small" icon="key-round" busy=${busy} onClick=${open}>${t('viewer.lock_read')}<//>` : null}
      ${memory.locked && memory.body ? html`<${Button} size="small" icon="lock" onClick=${shut}>${t('viewer.lock_again')}<//><${Button} size="small" busy=${busy} onClick=${() => act(`/memories/${memory.id}/unlock`, 'viewer.unlocked')}>${t('viewer.unlock')}<//>` : null}
    </div>
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
  </div>`;
}

/** @param {{first: boolean, close: (open: boolean) => void}} props */
function Passphrase({ first, close }) {
  const [text, setText] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => {
      if (first) await api.put('/locked-notes/passphrase', { passphrase: text }); else await api.post('/locked-notes/unlock', { passphrase: text });
      close(true);
    });
  };
  return html`<${Dialog} title=${t(first ? 'viewer.passphrase_new' : 'viewer.passphrase_title')} onClose=${() => close(false)} class="dialog-small"><form onSubmit=${submit} onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key !== 'Escape' && event.stopPropagation()}>
    <div class="prose"><p>${t(first ? 'viewer.passphrase_warning' : 'viewer.passphrase_body')}</p></div>
    <${PasswordField} label=${t('viewer.passphrase')} value=${text} onInput=${setText} fresh=${first} error=${problem && problem.status < 500 && problem.status ? problem.errors?.[0]?.detail || problem.detail : null} data-autofocus />
    ${problem && !(problem.status && problem.status < 500) ? html`<${Trouble} problem=${problem} />` : null}
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${busy}>${t(first ? 'viewer.passphrase_set' : 'viewer.lock_read')}<//></div>
  </form><//>`;
}
