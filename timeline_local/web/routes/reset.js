// @ts-check
/** Choosing a new password with the link of an e-mail. */
import { html, useState } from '../core/preact.js';
import { api, SESSION_KEY } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { Button } from '../ui/button.js';
import { NewPasswordField } from '../ui/password.js';
import { Note } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { useTask } from '../ui/task.js';
import { Door, Refusal, takeFragment } from './account/door.js';

await Promise.all([stylesheet('screens.css'), stylesheet('account.css'), moreTexts('account')]);

export default function Reset() {
  const [token] = useState(() => takeFragment('token')), [password, setPassword] = useState(''), [done, setDone] = useState(false);
  const { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => {
      await api.post('/auth/password/reset', { token, new_password: password });
      localStorage.removeItem(SESSION_KEY);
      setDone(true);
    });
  };
  if (!token) return html`<${Door} title=${t('account.reset_title')}><${Note} tone="warm" icon="triangle-alert">${t('account.link_incomplete')}<//><${ToSignIn} /><//>`;
  if (done) return html`<${Door} title=${t('account.reset_done')} lead=${t('account.reset_done_lead')} step="done"><${ToSignIn} /><//>`;
  return html`<${Door} title=${t('account.reset_title')} lead=${t('account.reset_lead')}>
    <form class="setup-form" onSubmit=${submit}>
      <${NewPasswordField} value=${password} onInput=${setPassword} />
      <${Refusal} problem=${problem} />
      <div class="setup-actions"><${Button} type="submit" variant="primary" size="large" busy=${busy}>${t('account.reset_save')}<//></div>
    </form>
  <//>`;
}

/** A whole new page: what this one knows may be of another session. */
const ToSignIn = () => html`<div class="setup-actions"><a class="btn btn-primary btn-large" href="/timeline" target="_self"><span>${t('account.to_sign_in')}</span></a></div>`;
