// @ts-check
/** Two or more that are one person: which name stays, then the merge, with Undo. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { RadioGroup } from '../../ui/choice.js';
import { Dialog, present } from '../../ui/dialog.js';
import { tell } from '../gather/undo.js';

/** True when merged. @param {any} first @param {any[]} others @param {() => void} after run after Undo @returns {Promise<any>} the person that stays, or null */
export async function mergePeople(first, others, after) {
  const all = [first, ...others], kept = await present(WhichStays, { all });
  if (!kept) return null;
  const answer = await api.post(`/people/${kept}/merge`, { people: all.map((one) => one.id).filter((id) => id !== kept) });
  tell(t('people.merged', { name: answer.person.name }), answer.undo_token, after);
  return answer.person;
}

/** @param {{all: any[], close: (id: string | null) => void}} props */
function WhichStays({ all, close }) {
  const most = all.reduce((best, one) => (one.memories > best.memories ? one : best));
  const [kept, setKept] = useState(most.id);
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); close(kept); };
  return html`<${Dialog} title=${t('people.same_title')} onClose=${() => close(null)} class="dialog-small"><form onSubmit=${submit}>
    <div class="prose"><p>${t('people.same_body')}</p></div>
    <${RadioGroup} legend=${t('people.which_stays')} value=${kept} onChange=${setKept} options=${all.map((one) => ({ value: one.id, label: one.name, hint: t('ui.memories', { n: one.memories }) }))} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(null)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary">${t('people.same')}<//></div>
  </form><//>`;
}
