// @ts-check
/** The link of a verification e-mail: confirmed by opening it. */
import { html, useEffect, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { Loading, Note } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { Door, Refusal, takeFragment } from './account/door.js';

await Promise.all([stylesheet('screens.css'), stylesheet('account.css'), moreTexts('account')]);

export default function Verify() {
  const [token] = useState(() => takeFragment('token')), [state, setState] = useState(/** @type {{done: boolean, problem: any}} */ ({ done: false, problem: null }));
  useEffect(() => {
    if (token) api.post('/auth/email/verify', { token }).then(() => setState({ done: true, problem: null }), (problem) => setState({ done: false, problem }));
  }, []);
  const { done, problem } = state;
  return html`<${Door} title=${t(done ? 'account.verified' : 'account.verify_title')} lead=${done ? t('account.verified_lead') : null} step=${done ? 'done' : ''}>
    ${token ? null : html`<${Note} tone="warm" icon="triangle-alert">${t('account.link_incomplete')}<//>`}
    ${token && !done && !problem ? html`<${Loading} rows=${1} kind="text" />` : null}
    <${Refusal} problem=${problem} />
    <div class="setup-actions"><a class="btn btn-primary btn-large" href="/timeline" target="_self"><span>${t('account.to_timeline')}</span></a></div>
  <//>`;
}
