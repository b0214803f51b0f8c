// @ts-check
/** The door to the administration, for those who may. */
import { html } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';

export function Administration() {
  return html`<p class="field-hint">${t('settings.administration_hint')}</p>
    <div class="btn-row"><${Button} href="/admin" icon="shield-check">${t('nav.admin')}<//></div>`;
}
