// @ts-check
/** One collection: its name and words, and its memories in the order somebody gave them; or what its search finds. */
import { html } from '../core/preact.js';
import { api } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { navigate } from '../core/router.js';
import { may } from '../core/session.js';
import { Badge } from '../ui/chip.js';
import { Button } from '../ui/button.js';
import { confirm } from '../ui/confirm.js';
import { Cover } from '../ui/cover.js';
import { InlineText } from '../ui/inline.js';
import { pictureOf } from '../ui/memories.js';
import { useResource } from '../ui/resource.js';
import { Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { useTask } from '../ui/task.js';
import { Members } from './collections/members.js';
import { AboutPage, Found } from './gather/about.js';
import { complain, tell } from './gather/undo.js';

await Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), moreTexts('gather')]);

/** @param {{params: Record<string, string>}} props */
export default function Collection({ params }) {
  const { data, problem, reload, set } = useResource(`collection ${params.id}`, (signal) => api.get(`/collections/${params.id}`, { signal }));
  const task = useTask(), writes = may('collections:write'), back = html`<a href="/collections">${t('nav.collections')}</a>`;
  if (!data) return html`<${AboutPage} crumb=${back} title=${t('collections.collection')}>${problem ? html`<${Trouble} problem=${problem} onRetry=${reload} />` : html`<${Loading} kind="tiles" rows=${8} />`}<//>`;
  const change = async (/** @type {any} */ changes) => {
    try { set(await api.patch(`/collections/${data.id}`, changes, { ifMatch: `"${data.version}"` })); } catch (failure) { complain(failure); reload(); }
  };
  const remove = async () => {
    const agreed = await confirm({ title: t('collections.delete_title', { name: data.name }), body: html`<p>${t('collections.delete_body')}</p>`, action: t('collections.delete'), danger: true });
    if (agreed) task.run(async () => {
      const answer = await api.delete(`/collections/${data.id}`, { ifMatch: `"${data.version}"` });
      tell(t('collections.deleted'), answer?.undo_token, () => navigate(`/collections/${data.id}`));
      navigate('/collections', { replace: true });
    });
  };
  const about = html`<${Cover} picture=${data.picture} name=${data.name} icon=${data.query ? 'search' : 'layout-grid'} />
    <div class="about-text"><h1><${InlineText} label=${t('collections.name')} value=${data.name} readOnly=${!writes} onSave=${(/** @type {string} */ name) => name && change({ name })} /></h1>
      <p class="fine">${data.members === null ? '' : t('ui.memories', { n: data.members })} ${data.query ? html`<${Badge} tone="accent" icon="search">${t('collections.smart')}: ${data.query}<//>` : null}</p>
      <${InlineText} label=${t('collections.description')} value=${data.description ?? ''} empty=${t('collections.add_description')} multiline readOnly=${!writes} onSave=${(/** @type {string} */ description) => change({ description })} /></div>
    ${writes ? html`<div class="btn-row"><${Button} icon="trash-2" onClick=${remove}>${t('collections.delete')}<//></div>` : null}`;
  return html`<${AboutPage} crumb=${back} title=${data.name} about=${about}>
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    ${data.query ? html`<${Found} q=${data.query} total=${data.members ?? undefined} label=${t('collections.members')} none=${t('collections.no_results')} />`
      : html`<${Members} collection=${data} writes=${writes} onChange=${reload} onCover=${(/** @type {any} */ memory) => change({ cover: pictureOf(memory).id })} />`}
  <//>`;
}
