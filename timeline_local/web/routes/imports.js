// @ts-check
/** /imports the list, /imports/new the wizard's first step, /imports/:id everything after it. */
import { html } from '../core/preact.js';
import { stylesheet } from '../ui/stylesheet.js';
import { Choose } from './imports/choose.js';
import { ImportList } from './imports/list.js';
import { OneImport } from './imports/one.js';

await stylesheet('screens.css');

/** @param {{params: {id?: string}, query: Record<string, string>}} props */
export default function Imports({ params, query }) {
  if (!params.id) return html`<${ImportList} />`;
  if (params.id === 'new') return html`<${Choose} start=${query.path ?? ''} files=${(query.files ?? '').split('/').filter(Boolean)} />`;
  return html`<${OneImport} key=${params.id} id=${params.id} />`;
}
