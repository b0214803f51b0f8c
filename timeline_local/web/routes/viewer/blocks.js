// @ts-check
/** Markdown as the server parsed it, drawn as vnodes. Unknown tokens show their text; nothing can become markup. */
import { h, html } from '../../core/preact.js';

/** Only addresses that cannot run anything. @param {string|undefined} href */
export const isSafe = (href) => typeof href === 'string' && /^(https?:\/\/|mailto:|\/(?!\/)|#)/i.test(href);

/** @param {any} token @returns {any} */
function inline(token) {
  if (typeof token === 'string') return token;
  const inner = token.c ? inlines(token.c) : token.s ?? '';
  switch (token.t) {
    case 'text': return inner;
    case 'em': return html`<em>${inner}</em>`;
    case 'strong': return html`<strong>${inner}</strong>`;
    case 'del': return html`<del>${inner}</del>`;
    case 'code': return html`<code>${inner}</code>`;
    case 'mark': return html`<mark>${inner}</mark>`;
    case 'br': return html`<br />`;
    case 'tag': return html`<a class="tag" href=${`/search?q=${encodeURIComponent(`#${token.s ?? ''}`)}`}>#${token.s ?? inner}</a>`;
    case 'image': return html`<span class="blocks-image">${token.s || token.alt || token.href || ''}</span>`;
    case 'link': return isSafe(token.href) ? html`<a href=${token.href} rel="noopener noreferrer" target=${/^https?:/i.test(token.href) ? '_blank' : undefined}>${inner}</a>` : html`<span>${inner}</span>`;
    default: return inner;
  }
}

/** @param {any} content @returns {any} */
const inlines = (content) => (Array.isArray(content) ? content.map(inline) : inline(content));
const BLOCKS = new Set(['p', 'h', 'ul', 'ol', 'li', 'quote', 'code', 'hr', 'table', 'tr', 'th', 'td', 'thead', 'tbody']);
/** @param {any} content */
const hasBlocks = (content) => Array.isArray(content) && content.some((one) => Array.isArray(one) || BLOCKS.has(one?.t) && !(one.t === 'code' && !one.lang && one.s !== undefined && one.c === undefined && content.length > 1));

/** Children that may be blocks or words. @param {any} content @returns {any} */
function mixed(content) {
  if (!Array.isArray(content)) return content === undefined ? '' : inlines(content);
  return hasBlocks(content) ? content.map(block) : inlines(content);
}

/** @param {any} item @returns {any} */
function listItem(item) {
  if (Array.isArray(item)) return html`<li>${mixed(item)}</li>`;
  if (item.t !== 'li') return html`<li>${block(item)}</li>`;
  const box = typeof item.checked === 'boolean' ? html`<input type="checkbox" checked=${item.checked} disabled aria-label=${item.checked ? '✓' : '–'} />` : null;
  return html`<li>${box}${mixed(item.c)}</li>`;
}

/** @param {any} token @returns {any} */
function block(token) {
  if (Array.isArray(token)) return mixed(token);
  const { t, c, s, level = 2 } = token;
  switch (t) {
    case 'p': return html`<p>${inlines(c ?? s ?? '')}</p>`;
    case 'h': return h(`h${Math.min(6, Math.max(2, level + 1))}`, null, inlines(c ?? s ?? ''));
    case 'ul': return html`<ul>${(c ?? []).map(listItem)}</ul>`;
    case 'ol': return html`<ol start=${token.start}>${(c ?? []).map(listItem)}</ol>`;
    case 'li': return listItem(token);
    case 'quote': return html`<blockquote>${mixed(c)}</blockquote>`;
    case 'code': return html`<pre><code>${s ?? (Array.isArray(c) ? c.map((/** @type {any} */ one) => one.s ?? one).join('') : c ?? '')}</code></pre>`;
    case 'hr': return html`<hr />`;
    case 'table': return table(token);
    default: return html`<p>${inline(token)}</p>`;
  }
}

/** Rows of cells, the first being the head unless `head` is given. @param {any} token */
function table({ head, rows, c }) {
  const cells = (/** @type {any} */ row) => (Array.isArray(row) ? row : row.c ?? []).map((/** @type {any} */ cell) => (Array.isArray(cell) ? inlines(cell) : inlines(cell.c ?? cell.s ?? cell)));
  const all = rows ?? c ?? [], top = head ?? all[0], rest = head ? all : all.slice(1);
  return html`<div class="blocks-table"><table>
    ${top ? html`<thead><tr>${cells(top).map((/** @type {any} */ cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>` : null}
    <tbody>${rest.map((/** @type {any} */ row) => html`<tr>${cells(row).map((/** @type {any} */ cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/** @param {{blocks:any[]|undefined, body?:string}} props */
export function Blocks({ blocks, body }) {
  if (blocks?.length) return html`<div class="blocks">${blocks.map(block)}</div>`;
  return body ? html`<div class="blocks">${body.split(/\n{2,}/).map((one) => html`<p>${one}</p>`)}</div>` : null;
}
