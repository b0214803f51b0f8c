// @ts-check
/** One person: who it is, by which names and addresses, and the memories with them. */
import { html } from '../core/preact.js';
import { api } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { navigate } from '../core/router.js';
import { may } from '../core/session.js';
import { Button } from '../ui/button.js';
import { confirm } from '../ui/confirm.js';
import { Cover } from '../ui/cover.js';
import { present } from '../ui/dialog.js';
import { InlineText } from '../ui/inline.js';
import { pictureOf } from '../ui/memories.js';
import { Pick } from '../ui/pick.js';
import { useResource } from '../ui/resource.js';
import { Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { useTask } from '../ui/task.js';
import { AboutPage, Found } from './gather/about.js';
import { complain, tell } from './gather/undo.js';
import { Birthday } from './people/birthday.js';
import { Identities } from './people/identities.js';
import { mergePeople } from './people/merge.js';

await Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), moreTexts('gather')]);

/** @param {{params: Record<string, string>}} props */
export default function Person({ params }) {
  const { data, problem, reload, set } = useResource(`person ${params.id}`, (signal) => api.get(`/people/${params.id}`, { signal }));
  const task = useTask(), writes = may('people:write');
  const back = html`<a href="/people">${t('nav.people')}</a>`;
  if (problem && !data) return html`<${AboutPage} crumb=${back} title=${t('people.person')}><${Trouble} problem=${problem} onRetry=${reload} /><//>`;
  if (!data) return html`<${AboutPage} crumb=${back} title=${t('people.person')}><${Loading} rows=${3} /><//>`;
  const change = async (/** @type {any} */ changes) => {
    try { set(await api.patch(`/people/${data.id}`, changes, { ifMatch: `"${data.version}"` })); } catch (failure) { complain(failure); reload(); }
  };
  const merge = () => task.run(async () => {
    const other = await present(Pick, { title: t('people.merge_title', { name: data.name }), path: '/people', label: t('people.find'), round: true, without: [data.id], note: t('people.merge_note') });
    const kept = other && await mergePeople(data, [other], () => { navigate(`/people/${data.id}`); reload(); });
    if (!kept) return;
    if (kept.id === data.id) reload(); else navigate(`/people/${kept.id}`, { replace: true });
  });
  const remove = async () => {
    const agreed = await confirm({ title: t('people.delete_title', { name: data.name }), body: html`<p>${t('people.delete_body')}</p>`, action: t('people.delete'), danger: true });
    if (agreed) task.run(async () => {
      const answer = await api.delete(`/people/${data.id}`, { ifMatch: `"${data.version}"` });
      tell(t('people.deleted', { name: data.name }), answer?.undo_token, () => navigate(`/people/${data.id}`));
      navigate('/people', { replace: true });
    });
  };
  const q = `with:"${data.name.replaceAll('"', '')}"`;
  const about = html`<${Cover} picture=${data.picture} name=${data.name} round />
    <div class="about-text"><h1><${InlineText} label=${t('people.name')} value=${data.name} readOnly=${!writes} onSave=${(/** @type {string} */ name) => name && change({ name })} /></h1>
      <p class="fine">${t('ui.memories', { n: data.memories })}</p>
      <${InlineText} label=${t('people.note')} value=${data.note ?? ''} empty=${t('people.add_note')} multiline readOnly=${!writes} onSave=${(/** @type {string} */ note) => change({ note })} /></div>
    ${writes ? html`<div class="btn-row"><${Button} icon="users" busy=${task.busy} onClick=${merge}>${t('people.merge')}<//><${Button} icon="trash-2" onClick=${remove}>${t('people.delete')}<//></div>` : null}`;
  return html`<${AboutPage} crumb=${back} title=${data.name} about=${about}>
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    <div class="about-parts">
      <${Found} q=${q} total=${data.memories} label=${t('people.memories_with', { name: data.name })} none=${t('people.no_memories')} tool=${writes ? { icon: 'image', label: t('people.use_as_cover'), may: (/** @type {any} */ memory) => Boolean(pictureOf(memory)), run: (/** @type {any} */ memory) => change({ cover: pictureOf(memory).id }) } : null} />
      <aside class="about-side"><${Birthday} person=${data} writes=${writes} change=${change} /><${Identities} person=${data} writes=${writes} onChange=${reload} /></aside>
    </div>
  <//>`;
}
