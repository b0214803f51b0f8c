// @ts-check
/** /guides what can be brought in, /guides/:name how to get it out of where it is, and what is taken of it. */
import { html, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { Button } from '../ui/button.js';
import { Find } from '../ui/find.js';
import { Icon } from '../ui/icon.js';
import { Page } from '../ui/page.js';
import { useResource } from '../ui/resource.js';
import { Empty, Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { Blocks } from './viewer/blocks.js';

await Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), stylesheet('viewer.css'), moreTexts('data')]);

/** @param {{params: {name?: string}}} props */
export default function Guides({ params }) {
  return params.name ? html`<${Guide} key=${params.name} name=${params.name} />` : html`<${GuideList} />`;
}

const Start = () => html`<${Button} variant="primary" icon="plus" href="/imports/new">${t('imports.new')}<//>`;

function GuideList() {
  const [find, setFind] = useState('');
  const { data, problem, reload } = useResource('guides', (signal) => api.get('/guides', { signal }));
  const found = data?.items.filter((/** @type {any} */ one) => holds(`${one.title} ${one.what}`, find));
  return html`<${Page} title=${t('guides.title')} sub=${t('guides.sub')} crumb=${html`<a href="/imports">${t('imports.title')}</a>`} aside=${html`<${Start} />`} class="page-narrow">
    <${Find} label=${t('guides.find')} onFind=${setFind} />
    ${problem && !data ? html`<${Trouble} problem=${problem} onRetry=${reload} />` : null}
    ${!data && !problem ? html`<${Loading} rows=${8} />` : null}
    ${found && !found.length ? html`<${Empty} icon="folder-input" title=${t('guides.none_found')} action=${html`<${Button} href="/guides/mapping">${t('guides.mapping')}<//>`}>${t('guides.none_found_body')}<//>` : null}
    ${found?.length ? html`<ul class="rows">${found.map((/** @type {any} */ one) => html`<${GuideRow} key=${one.name} guide=${one} />`)}</ul>` : null}
  <//>`;
}

/** Every word of it, in any order. @param {string} text @param {string} find */
function holds(text, find) {
  const plain = text.toLowerCase();
  return find.toLowerCase().split(/\s+/).every((word) => plain.includes(word));
}

/** @param {{guide: any}} props */
function GuideRow({ guide }) {
  return html`<li><a class="row-link" href=${`/guides/${guide.name}`}>
    <span class="row-text"><b>${guide.title}</b><span class="row-meta">${guide.what}</span></span>
    <${Icon} name="chevron-right" />
  </a></li>`;
}

/** @param {{name: string}} props */
function Guide({ name }) {
  const { data, problem, reload } = useResource(`guide ${name}`, (signal) => api.get(`/guides/${encodeURIComponent(name)}`, { signal }));
  return html`<${Page} title=${data?.title ?? t('guides.title')} crumb=${html`<a href="/guides">${t('guides.title')}</a>`} aside=${html`<${Start} />`} class="page-narrow">
    ${problem && !data ? html`<${Trouble} problem=${problem} onRetry=${reload} />` : null}
    ${!data && !problem ? html`<${Loading} rows=${6} />` : null}
    ${data ? html`<div class="guide"><${Blocks} blocks=${data.blocks} /></div>` : null}
  <//>`;
}
