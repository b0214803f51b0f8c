// @ts-check
/** Shown when the server does not know this browser (any more): the way in that this server offers. */
import { html, useEffect, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { t } from '../core/i18n.js';
import { title } from '../core/router.js';
import { lockedTicket } from '../core/session.js';
import { BrandMark } from '../ui/icon.js';

export function SignedOut() {
  const [way, setWay] = useState(/** @type {any} */ (null));
  useEffect(() => { findWay().then(setWay); }, []);
  if (!way) return html`<main class="signed-out" id="main" tabindex="-1" aria-busy="true"></main>`;
  return way.View ? html`<${way.View} methods=${way.methods} />` : html`<${FromThisComputer} />`;
}

/** With a password there is a form; without one only this computer opens the door. @returns {Promise<{View?: any, methods?: any}>} */
async function findWay() {
  try {
    const methods = lockedTicket ? {} : await api.get('/auth/methods');
    if (!lockedTicket && !methods.password && methods.registration === 'closed') return {};
    const { Unlock, SignIn } = await import('../routes/sign_in.js');
    return { View: lockedTicket ? Unlock : SignIn, methods };
  } catch { return {}; }
}

/** No password to phish: how to get back in from the computer itself. */
function FromThisComputer() {
  useEffect(() => title(t('signed_out.title')), []);
  return html`<main class="signed-out" id="main" tabindex="-1">
    <${BrandMark} />
    <h1>${t('signed_out.title')}</h1>
    <p>${t('signed_out.body')}</p>
    <p><code>timeline-local open</code></p>
  </main>`;
}
