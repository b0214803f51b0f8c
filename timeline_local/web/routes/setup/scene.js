// @ts-check
/** The picture beside the first run: a wall of drawn memories that always fills its space. Decoration only. */
import { html } from '../../core/preact.js';

/** width, height, sky top, sky bottom, disc [cx, cy, r, colour] in shares of the tile, hills [base, height, waves, shift, colour] */
const TILES = /** @type {[number, number, string, string, [number, number, number, string], [number, number, number, number, string][]][]} */ ([
  [260, 260, '#0f4a4a', '#5fa08c', [0.66, 0.3, 0.11, '#d9efdc'], [[0.64, 0.08, 1.1, 0.3, '#0d3b3d'], [0.8, 0.06, 1.5, 1.9, '#092a2d']]],
  [374, 260, '#f2c48b', '#e79a6a', [0.3, 0.44, 0.1, '#fff0cf'], [[0.6, 0.13, 0.9, 2.2, '#b9714f'], [0.74, 0.08, 1.4, 0.4, '#8b4f3c'], [0.88, 0.05, 1.8, 1, '#5d352d']]],
  [420, 300, '#26406f', '#d08f75', [0.56, 0.56, 0.08, '#ffe6b8'], [[0.66, 0.012, 1, 0, '#23365f'], [0.78, 0.012, 2, 1, '#1c2c50'], [0.9, 0.014, 1.5, 2, '#15223f']]],
  [220, 330, '#9fc1d4', '#dbe5df', [0.3, 0.2, 0.12, '#fff7e4'], [[0.52, 0.08, 0.7, 0.8, '#86a78f'], [0.66, 0.06, 1, 2.5, '#5f8766'], [0.82, 0.05, 0.8, 0, '#41643f']]],
  [220, 330, '#4a3f63', '#b77f8d', [0.7, 0.26, 0.1, '#f6dcd0'], [[0.56, 0.11, 0.8, 1.2, '#463b5c'], [0.71, 0.07, 1.1, 0, '#342c47'], [0.86, 0.04, 1.5, 2, '#241f33']]],
  [220, 330, '#d7e3e4', '#a9c7c4', [0.5, 0.3, 0.14, '#fffaf0'], [[0.66, 0.01, 1, 0, '#6fa19c'], [0.75, 0.012, 1.6, 1, '#5b8e8a'], [0.87, 0.035, 0.6, 2.2, '#d9b98a']]],
]);
/** The page of paper stands after this many pictures. */
const NOTE_AT = 3;

export function Scene() {
  const tiles = TILES.map((tile, index) => html`<${Tile} key=${index} tile=${tile} index=${index} />`);
  return html`<div class="setup-scene" aria-hidden="true">${tiles.slice(0, NOTE_AT)}<${NoteTile} />${tiles.slice(NOTE_AT)}</div>`;
}

/** @param {{tile: typeof TILES[number], index: number}} props */
function Tile({ tile: [width, height, top, bottom, disc, hills], index }) {
  const [cx, cy, r] = [width * disc[0], height * disc[1], Math.min(width, height) * disc[2]];
  return html`<svg class=${`tile-${index}`} viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="xMidYMid slice" focusable="false">
    <defs><linearGradient id=${`sky-${index}`} x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color=${top} /><stop offset="1" stop-color=${bottom} /></linearGradient></defs>
    <rect width=${width} height=${height} fill=${`url(#sky-${index})`} />
    <circle cx=${cx} cy=${cy} r=${r * 1.9} fill=${disc[3]} opacity=".16" />
    <circle cx=${cx} cy=${cy} r=${r} fill=${disc[3]} />
    ${hills.map((hill) => html`<path key=${hill[4]} d=${ridge(width, height, hill)} fill=${hill[4]} />`)}
  </svg>`;
}

/** A ridge of two sines, from the left edge to the right, closed at the bottom. @param {number} width @param {number} height @param {[number, number, number, number, string]} hill */
function ridge(width, height, [base, swing, waves, shift]) {
  const points = Array.from({ length: 65 }, (_, step) => {
    const angle = (step / 64) * Math.PI * 2 * waves + shift;
    const level = base - swing * (0.6 * Math.sin(angle) + 0.4 * Math.sin(angle * 2.3 + shift));
    return `${((step / 64) * width).toFixed(1)} ${(level * height).toFixed(1)}`;
  });
  return `M0 ${height}L${points.join('L')}L${width} ${height}Z`;
}

/** A page of paper among the pictures. */
function NoteTile() {
  return html`<svg class="tile-note scene-note" viewBox="0 0 220 300" preserveAspectRatio="xMinYMin slice" focusable="false">
    <rect width="220" height="900" />
    ${[46, 78, 110, 142, 174].map((y, index) => html`<line key=${y} x1="26" x2=${[190, 174, 196, 166, 120][index]} y1=${y} y2=${y} />`)}
    <circle cx="31" cy="236" r="5" /><line class="scene-time" x1="46" x2="94" y1="236" y2="236" />
  </svg>`;
}
