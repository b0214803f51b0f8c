// @ts-check
/** Everybody who is on the timeline: faces or initials, how often, and two that are the same person. */
import { html, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { may } from '../core/session.js';
import { Button } from '../ui/button.js';
import { Cover } from '../ui/cover.js';
import { present } from '../ui/dialog.js';
import { Find } from '../ui/find.js';
import { Page } from '../ui/page.js';
import { usePages } from '../ui/resource.js';
import { Empty, Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { useTask } from '../ui/task.js';
import { NameDialog } from './gather/name.js';
import { mergePeople } from './people/merge.js';

await Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), moreTexts('gather')]);

export default function People() {
  const [find, setFind] = useState(''), [chosen, setChosen] = useState(/** @type {any[]} */ ([]));
  const pages = usePages(`people ${find}`, (cursor, signal) => api.get('/people', { query: { q: find, order: 'memories', limit: 100, ...(cursor ? { cursor } : {}) }, signal }));
  const { run, busy, problem } = useTask(), { items } = pages, writes = may('people:write');
  const toggle = (/** @type {any} */ one) => setChosen(chosen.some((other) => other.id === one.id) ? chosen.filter((other) => other.id !== one.id) : [...chosen, one]);
  const merge = () => run(async () => {
    const [first, ...others] = chosen;
    if (!await mergePeople(first, others, pages.reload)) return;
    setChosen([]);
    pages.reload();
  });
  const create = async () => {
    const made = await present(NameDialog, { title: t('people.new'), label: t('people.name'), action: t('people.create'), save: (/** @type {string} */ name) => api.post('/people', { name }) });
    if (made) pages.reload();
  };
  const add = writes ? html`<${Button} icon="plus" onClick=${create}>${t('people.new')}<//>` : null;
  return html`<${Page} title=${t('nav.people')} sub=${t('people.sub')} aside=${items?.length ? add : null}>
    <${Find} label=${t('people.find')} onFind=${setFind} />
    ${chosen.length ? html`<div class="gather-bar"><span role="status">${t('people.chosen', { n: chosen.length })}</span>
      <${Button} size="small" icon="users" variant="primary" disabled=${chosen.length < 2} busy=${busy} onClick=${merge}>${t('people.same')}<//><${Button} size="small" variant="plain" onClick=${() => setChosen([])}>${t('people.clear')}<//></div>` : null}
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    ${pages.problem && !items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!items && !pages.problem ? html`<${Loading} kind="tiles" rows=${10} />` : null}
    ${items && !items.length ? html`<${Empty} icon="users" title=${t(find ? 'people.none_found' : 'people.empty_title')} action=${find ? null : add}>${t(find ? 'people.none_found_body' : 'people.empty_body')}<//>` : null}
    ${items?.length ? html`<ul class="cards cards-people">${items.map((one) => html`<${PersonCard} key=${one.id} person=${one} chosen=${chosen.some((other) => other.id === one.id)} onChoose=${writes ? () => toggle(one) : null} />`)}</ul>` : null}
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<p class="btn-row more-row"><${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//></p>` : null}
  <//>`;
}

/** @param {{person: any, chosen: boolean, onChoose: (() => void) | null}} props */
function PersonCard({ person, chosen, onChoose }) {
  return html`<li class=${`card${chosen ? ' is-chosen' : ''}`}>
    <a href=${`/people/${person.id}`}><${Cover} picture=${person.picture} name=${person.name} round /><span><b>${person.name}</b><span class="fine">${t('ui.memories', { n: person.memories })}</span></span></a>
    ${onChoose ? html`<label class="card-pick"><input type="checkbox" checked=${chosen} aria-label=${t('gather.choose', { name: person.name })} onChange=${onChoose} /></label>` : null}
  </li>`;
}
