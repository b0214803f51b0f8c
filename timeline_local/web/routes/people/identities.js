// @ts-check
/** The names and addresses by which sources know a person; one that belongs to somebody else is split off. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { hasText, t } from '../../core/i18n.js';
import { navigate } from '../../core/router.js';
import { toast } from '../../core/toast.js';
import { Button, IconButton } from '../../ui/button.js';
import { Dialog, present } from '../../ui/dialog.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

const KINDS = ['email', 'phone', 'name', 'handle'];
/** @param {string} kind */
const kindName = (kind) => (hasText(`people.identity.${kind}`) ? t(`people.identity.${kind}`) : kind);

/** @param {{person: any, writes: boolean, onChange: () => void}} props */
export function Identities({ person, writes, onChange }) {
  const { run, problem } = useTask(), identities = person.identities ?? [];
  const add = async () => { if (await present(NewIdentity, { person })) onChange(); };
  const split = (/** @type {any} */ one) => run(async () => {
    const made = await api.post(`/people/${person.id}/identities/${one.id}/split`, {});
    toast({ text: t('people.was_split', { name: made.name }), tone: 'ok', action: { label: t('people.open'), run: () => navigate(`/people/${made.id}`) } });
    onChange();
  });
  const remove = (/** @type {any} */ one) => run(async () => {
    await api.delete(`/people/${person.id}/identities/${one.id}`);
    toast({ text: t('people.identity_removed', { name: one.value }), tone: 'ok' });
    onChange();
  });
  const apart = (/** @type {any} */ one) => run(async () => {
    await api.post(`/people/${person.id}/unmerge`, { people: [one.id] });
    toast({ text: t('people.was_split', { name: one.name }), tone: 'ok', action: { label: t('people.open'), run: () => navigate(`/people/${one.id}`) } });
    onChange();
  });
  return html`<section aria-labelledby="known-as"><h2 id="known-as">${t('people.known_as')}</h2>
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    ${identities.length ? html`<ul class="ids">${identities.map((/** @type {any} */ one) => html`<li key=${one.id}><div>${one.value}<span class="fine">${[kindName(one.kind), one.name && one.name !== one.value ? one.name : ''].filter(Boolean).join(' · ')}</span></div>
      ${writes ? html`<${IconButton} icon="external-link" label=${t('people.split', { name: one.value })} onClick=${() => split(one)} /><${IconButton} icon="x" label=${t('ui.remove_named', { name: one.value })} onClick=${() => remove(one)} />` : null}</li>`)}</ul>` : html`<p class="none-here">${t('people.no_identities')}</p>`}
    ${person.merged?.length ? html`<h2 class="more-row">${t('people.absorbed')}</h2><ul class="ids">${person.merged.map((/** @type {any} */ one) => html`<li key=${one.id}><div>${one.name}</div>${writes ? html`<${Button} size="small" aria-label=${`${t('people.take_apart')}: ${one.name}`} onClick=${() => apart(one)}>${t('people.take_apart')}<//>` : null}</li>`)}</ul>` : null}
    ${writes ? html`<div class="btn-row more-row"><${Button} size="small" icon="plus" onClick=${add}>${t('people.identity_add')}<//></div>` : null}
  </section>`;
}

/** @param {{person: any, close: (made: boolean) => void}} props */
function NewIdentity({ person, close }) {
  const [kind, setKind] = useState(KINDS[0]), [value, setValue] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (value.trim()) run(async () => { await api.post(`/people/${person.id}/identities`, { kind, value: value.trim() }); close(true); });
  };
  return html`<${Dialog} title=${t('people.identity_add')} onClose=${() => close(false)} class="dialog-small"><form onSubmit=${submit}>
    <${SelectField} label=${t('people.identity_kind')} value=${kind} onChange=${setKind} options=${KINDS.map((one) => ({ value: one, label: kindName(one) }))} />
    <${TextField} label=${t('people.identity_value')} value=${value} onInput=${setValue} required maxlength="254" autocomplete="off" data-autofocus />
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${busy} disabled=${!value.trim()}>${t('people.identity_add')}<//></div>
  </form><//>`;
}
