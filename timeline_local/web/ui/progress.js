// @ts-check
/** Progress as a native element, and bars that compare amounts. */
import { html, useEffect, useRef, useState } from '../core/preact.js';

/** Screen readers hear at most one update every five seconds: more would talk over the owner. */
const SPOKEN_EVERY_MS = 5000;

/**
 * @param {{label: string, value?: number, max?: number, text?: string, large?: boolean}} props
 *   without `max` the bar shows that the end is not known yet
 */
export function Progress({ label, value = 0, max = 0, text, large }) {
  const known = max > 0 ? { value: Math.min(value, max), max } : {};
  return html`<div class=${`progress${large ? ' progress-large' : ''}`}>
    <progress key=${max > 0 ? 'known' : 'unknown'} aria-label=${label} ...${known} />
    ${text ? html`<${Spoken} text=${text} />` : null}
  </div>`;
}

/** Repeat a changing text politely and rarely for screen readers. @param {{text: string}} props */
function Spoken({ text }) {
  const [said, say] = useState('');
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    const timer = setInterval(() => say(latest.current), SPOKEN_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return html`<span class="sr" role="status">${said}</span>`;
}

/**
 * Parts of a whole in one bar (bytes against free space). The text beside it carries the meaning.
 * @param {{label: string, parts: {key: string, amount: number, tone?: string}[], whole: number}} props
 */
export function Meter({ label, parts, whole }) {
  return html`<div class="meter" role="img" aria-label=${label}>
    ${parts.map((part) => html`<i key=${part.key} class=${`meter-${part.tone ?? 'accent'}`} style=${{ inlineSize: `${whole > 0 ? Math.max(0.6, Math.min(100, (part.amount / whole) * 100)) : 0}%` }}></i>`)}
  </div>`;
}

/** Few years would make huge bars, very many invisible ones. */
const FEWEST_YEARS = 12;
const MOST_YEARS = 120;

/**
 * One bar per year; the same numbers are in a table for those who cannot see bars.
 * @param {{label: string, counts: Record<string, number>}} props
 */
export function YearBars({ label, counts }) {
  const years = Object.keys(counts).map(Number).filter((year) => year > 0).sort((a, b) => a - b);
  if (!years.length) return null;
  const last = years[years.length - 1];
  const length = Math.min(MOST_YEARS, Math.max(FEWEST_YEARS, last - years[0] + 1));
  const span = Array.from({ length }, (_, index) => last - length + 1 + index);
  const most = Math.max(...years.map((year) => counts[year]));
  const ticks = [...new Set([0, 1 / 3, 2 / 3, 1].map((share) => span[Math.round((span.length - 1) * share)]))];
  return html`<figure class="years">
    <div class="years-bars" aria-hidden="true">
      ${span.map((year) => html`<i key=${year} title=${`${year}: ${counts[year] ?? 0}`} style=${{ blockSize: `${counts[year] ? Math.max(3, (counts[year] / most) * 100) : 0}%` }}></i>`)}
    </div>
    <div class="years-axis" aria-hidden="true">${ticks.map((year) => html`<span key=${year}>${year}</span>`)}</div>
    <table class="sr"><caption>${label}</caption><tbody>
      ${years.map((year) => html`<tr key=${year}><th scope="row">${year}</th><td>${counts[year]}</td></tr>`)}
    </tbody></table>
  </figure>`;
}
