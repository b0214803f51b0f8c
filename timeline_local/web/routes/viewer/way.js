// @ts-check
/** Where a memory went, drawn from its positions alone: no map, no network. The same in words beside it. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { formatNumber, t } from '../../core/i18n.js';
import { useResource } from '../../ui/resource.js';

const POINTS = 500, SIDE = 100, EDGE = 6, EARTH_M = 6_371_009;
/** @param {number} degrees */
const radians = (degrees) => (degrees * Math.PI) / 180;

/** Metres between neighbours, added up. @param {{lat: number[], lon: number[]}} way */
function metres({ lat, lon }) {
  let sum = 0;
  for (let k = 1; k < lat.length; k++) {
    const a = Math.sin(radians(lat[k] - lat[k - 1]) / 2) ** 2 + Math.cos(radians(lat[k])) * Math.cos(radians(lat[k - 1])) * Math.sin(radians(lon[k] - lon[k - 1]) / 2) ** 2;
    sum += 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(a)));
  }
  return sum;
}

/** The points on a square sheet, north up, as wide as they are high where they are. @param {{lat: number[], lon: number[]}} way @returns {[number, number][]} */
function drawn({ lat, lon }) {
  const squeeze = Math.cos(radians((Math.min(...lat) + Math.max(...lat)) / 2));
  // Across 180° the other half is shifted, or the line would run around the Earth.
  const isWide = Math.max(...lon) - Math.min(...lon) > 180;
  const x = lon.map((one) => (isWide && one < 0 ? one + 360 : one) * squeeze), y = lat.map((one) => -one);
  const left = Math.min(...x), top = Math.min(...y), wide = Math.max(...x) - left, high = Math.max(...y) - top;
  const scale = (SIDE - 2 * EDGE) / (Math.max(wide, high) || 1);
  return x.map((one, k) => [SIDE / 2 + (one - left - wide / 2) * scale, SIDE / 2 + (y[k] - top - high / 2) * scale]);
}

/** "4.2 km", "850 m" @param {number} m */
const length = (m) => (m < 1000 ? t('viewer.way.m', { n: formatNumber(Math.round(m)) }) : t('viewer.way.km', { n: formatNumber(m / 1000, { maximumFractionDigits: m < 100_000 ? 1 : 0 }) }));

/** "1 h 20 min" @param {number} seconds */
function time(seconds) {
  const minutes = Math.round(seconds / 60), hours = Math.floor(minutes / 60);
  return hours ? t('viewer.way.hours', { h: formatNumber(hours), m: formatNumber(minutes % 60) }) : t('viewer.way.minutes', { m: formatNumber(minutes) });
}

/** What is known, in words: name and value. @param {any} way @returns {[string, string][]} */
function facts(way) {
  const heights = way.altitude_m.filter((/** @type {number|null} */ one) => one !== null), seconds = (Date.parse(way.at.at(-1)) - Date.parse(way.at[0])) / 1000;
  return /** @type {[string, string][]} */ ([
    ['distance', t('viewer.way.about', { length: length(metres(way)) })],
    seconds > 0 ? ['duration', time(seconds)] : null,
    heights.length > 1 ? ['heights', t('viewer.way.between', { low: formatNumber(Math.round(Math.min(...heights))), high: formatNumber(Math.round(Math.max(...heights))) })] : null,
  ].filter(Boolean));
}

/** Nothing at all for a memory without positions of its own. @param {{memory: any}} props */
export function Way({ memory }) {
  const { data } = useResource(memory.kind === 'move' ? `way ${memory.id} ${memory.version}` : null, (signal) => api.get(`/memories/${memory.id}/path`, { query: { points: POINTS }, signal }));
  if (!data || data.lat.length < 2) return null;
  const points = drawn(data), [from, to] = [points[0], points[points.length - 1]];
  return html`<figure class="way">
    <svg viewBox=${`0 0 ${SIDE} ${SIDE}`} role="img" aria-label=${t('viewer.way.drawing')}>
      <polyline points=${points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(' ')} />
      <circle class="way-start" cx=${from[0]} cy=${from[1]} r="2.4" /><rect class="way-end" x=${to[0] - 2.2} y=${to[1] - 2.2} width="4.4" height="4.4" /></svg>
    <figcaption><dl>${facts(data).map(([name, value]) => html`<div key=${name}><dt>${t(`viewer.way.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>
      <p class="fine"><i class="way-start"></i>${t('viewer.way.start')} <i class="way-end"></i>${t('viewer.way.end')} · ${t('viewer.way.north')}</p></figcaption>
  </figure>`;
}
