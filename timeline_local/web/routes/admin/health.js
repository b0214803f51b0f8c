// @ts-check
/** How the server is, read again while one looks. */
import { html, useEffect } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { hasText, t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { Badge } from '../../ui/chip.js';
import { bytes, count, duration } from '../../ui/format.js';
import { useResource } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';

const AGAIN_MS = 10_000;

export default function Health() {
  const { data, problem, reload } = useResource('health', (signal) => api.get('/admin/health', { signal }));
  useEffect(() => {
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (problem && !data) return html`<${Trouble} problem=${problem} onRetry=${reload} />`;
  if (!data) return html`<${Loading} rows=${6} />`;
  const { slowest_routes: slowest, uptime_s: uptime, version, ...parts } = data;
  return html`<div class="admin-bar"><span class="bar-grow fine">${t('admin.uptime', { time: duration(uptime), version })}</span><${Button} icon="refresh-cw" onClick=${reload}>${t('admin.again')}<//></div>
    <div class="facts">${Object.entries(parts).filter(([, value]) => value && typeof value === 'object').map(([name, value]) => html`<${Part} key=${name} name=${name} facts=${value} />`)}</div>
    ${slowest?.length ? html`<${Slowest} routes=${slowest} />` : null}`;
}

/** @param {string} prefix @param {string} key */
const word = (prefix, key) => (hasText(`admin.${prefix}.${key}`) ? t(`admin.${prefix}.${key}`) : key.replaceAll('_', ' '));

/** @param {{name: string, facts: any}} props */
function Part({ name, facts }) {
  const { state, ...rest } = facts, good = state === undefined ? undefined : state === 'ok';
  return html`<section class="fact-card"><h2>${word('part', name)}${good === undefined ? null : html`<${Badge} tone=${good ? 'ok' : 'danger'} icon=${good ? 'circle-check' : 'circle-alert'}>${t(good ? 'admin.good' : 'admin.bad')}<//>`}</h2>
    <dl>${Object.entries(rest).filter(([, value]) => value !== null).map(([key, value]) => html`<div key=${key}><dt>${word('fact', key)}</dt><dd>${show(key, value)}</dd></div>`)}</dl></section>`;
}

/** The name of a fact says its unit. @param {string} key @param {any} value */
function show(key, value) {
  if (typeof value === 'boolean') return t(value ? 'admin.yes' : 'admin.no');
  if (typeof value === 'object') return Array.isArray(value) ? value.join(', ') || '–' : Object.entries(value).map(([name, one]) => `${name} ${show(name, one)}`).join(', ') || '–';
  if (typeof value !== 'number') return String(value);
  if (key.endsWith('_bytes') || key === 'bytes') return bytes(value);
  if (key.endsWith('_ms')) return `${count(Math.round(value * 10) / 10)} ms`;
  if (key.endsWith('_s')) return duration(value);
  return count(value);
}

/** @param {{routes: any[]}} props */
function Slowest({ routes }) {
  const columns = ['count', 'p50_ms', 'p95_ms', 'worst_ms'];
  return html`<h2 class="section-title">${t('admin.slowest')}</h2><div class="table-wrap" tabindex="0" role="group" aria-label=${t('admin.slowest')}><table class="table">
    <caption class="sr">${t('admin.slowest')}</caption>
    <thead><tr><th scope="col">${t('admin.route')}</th>${columns.map((name) => html`<th scope="col" class="num" key=${name}>${word('fact', name)}</th>`)}</tr></thead>
    <tbody>${routes.map((one) => html`<tr key=${`${one.method} ${one.route}`}><th scope="row"><code>${one.method} ${one.route}</code></th>${columns.map((name) => html`<td class="num" key=${name}>${show(name, one[name])}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}
