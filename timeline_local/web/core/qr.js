// @ts-check
/** QR codes (ISO/IEC 18004) of short texts: bytes, error correction level L, versions 1 to 10. Pure. */

/** Error correction bytes per block, and blocks, by version. */
const EC_BYTES = [0, 7, 10, 15, 20, 26, 18, 20, 24, 30, 18];
const BLOCKS = [0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4];
const LEVEL_L = 1;

/** All modules of a version that carry data or error correction. @param {number} version */
function rawModules(version) {
  const aligned = version < 2 ? 0 : Math.floor(version / 7) + 2;
  const patterns = aligned ? (25 * aligned - 10) * aligned - 55 + (version >= 7 ? 36 : 0) : 0;
  return (16 * version + 128) * version + 64 - patterns;
}
/** @param {number} version */
const dataBytes = (version) => Math.floor(rawModules(version) / 8) - EC_BYTES[version] * BLOCKS[version];

/** A product in GF(256) with the polynomial 0x11d. @param {number} a @param {number} b */
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) product = ((product << 1) ^ ((product >>> 7) * 0x11d)) ^ (((b >>> bit) & 1) * a);
  return product;
}

/** @param {number} degree */
function divisor(degree) {
  const result = new Array(degree).fill(0);
  result[degree - 1] = 1;
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) result[j] = times(result[j], root) ^ (result[j + 1] ?? 0);
    root = times(root, 2);
  }
  return result;
}

/** @param {number[]} data @param {number[]} by */
function remainder(data, by) {
  const result = by.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ /** @type {number} */ (result.shift());
    result.push(0);
    by.forEach((one, i) => { result[i] ^= times(one, factor); });
  }
  return result;
}

/** Mode, length, bytes, and the filling that the standard asks for. @param {Uint8Array} bytes @param {number} version */
function codewords(bytes, version) {
  /** @type {number[]} */
  const bits = [];
  const put = (/** @type {number} */ value, /** @type {number} */ length) => { for (let i = length - 1; i >= 0; i--) bits.push((value >>> i) & 1); };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((byte) => put(byte, 8));
  const room = dataBytes(version) * 8;
  put(0, Math.min(4, room - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < room; pad ^= 0xfd) put(pad, 8);
  return Array.from({ length: bits.length / 8 }, (_, i) => bits.slice(i * 8, i * 8 + 8).reduce((sum, bit) => (sum << 1) | bit, 0));
}

/** Blocks with their error correction, interleaved. @param {number[]} data @param {number} version */
function interleaved(data, version) {
  const blocks = BLOCKS[version], ec = EC_BYTES[version], total = Math.floor(rawModules(version) / 8);
  const shortBlocks = blocks - (total % blocks), shortLength = Math.floor(total / blocks) - ec, by = divisor(ec);
  const parts = [], checks = [];
  for (let i = 0, at = 0; i < blocks; i++) {
    const part = data.slice(at, at += shortLength + (i < shortBlocks ? 0 : 1));
    parts.push(part);
    checks.push(remainder(part, by));
  }
  const result = [];
  for (let i = 0; i <= shortLength; i++) for (const part of parts) if (i < part.length) result.push(part[i]);
  for (let i = 0; i < ec; i++) for (const check of checks) result.push(check[i]);
  return result;
}

/** @param {number} version @param {number} size */
function alignment(version, size) {
  if (version === 1) return [];
  const n = Math.floor(version / 7) + 2, step = Math.floor((version * 8 + n * 3 + 5) / (n * 4 - 4)) * 2;
  return [6, ...Array.from({ length: n - 1 }, (_, i) => size - 7 - i * step).reverse()];
}

/** The modules of every pattern that is not data: true, false, or undefined where data goes. @param {number} version */
function patterns(version) {
  const size = version * 4 + 17;
  const grid = /** @type {(boolean | undefined)[][]} */ (Array.from({ length: size }, () => new Array(size).fill(undefined)));
  const set = (/** @type {number} */ x, /** @type {number} */ y, /** @type {boolean} */ dark) => { if (grid[y] && x >= 0 && x < size) grid[y][x] = dark; };
  for (let i = 0; i < size; i++) { set(6, i, i % 2 === 0); set(i, 6, i % 2 === 0); }
  for (const [cx, cy] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
    for (let dy = -4; dy <= 4; dy++) for (let dx = -4; dx <= 4; dx++) { const far = Math.max(Math.abs(dx), Math.abs(dy)); set(cx + dx, cy + dy, far !== 2 && far !== 4); }
  }
  const centres = alignment(version, size), last = centres.length - 1;
  centres.forEach((cy, i) => centres.forEach((cx, j) => {
    if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) return;
    for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
  }));
  drawFormat(grid, 0);
  if (version >= 7) drawVersion(set, version, size);
  return grid;
}

/** @param {(x: number, y: number, dark: boolean) => void} set @param {number} version @param {number} size */
function drawVersion(set, version, size) {
  let rest = version;
  for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let i = 0; i < 18; i++) {
    const dark = ((bits >>> i) & 1) !== 0, a = size - 11 + (i % 3), b = Math.floor(i / 3);
    set(a, b, dark);
    set(b, a, dark);
  }
}

/** Level and mask, twice. @param {(boolean | undefined)[][]} grid @param {number} mask */
function drawFormat(grid, mask) {
  const size = grid.length, value = (LEVEL_L << 3) | mask;
  let rest = value;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
  const bits = ((value << 10) | rest) ^ 0x5412, bit = (/** @type {number} */ i) => ((bits >>> i) & 1) !== 0;
  for (let i = 0; i <= 5; i++) grid[i][8] = bit(i);
  grid[7][8] = bit(6); grid[8][8] = bit(7); grid[8][7] = bit(8);
  for (let i = 9; i < 15; i++) grid[8][14 - i] = bit(i);
  for (let i = 0; i < 8; i++) grid[8][size - 1 - i] = bit(i);
  for (let i = 8; i < 15; i++) grid[size - 15 + i][8] = bit(i);
  grid[size - 8][8] = true;
}

const MASKS = /** @type {((x: number, y: number) => boolean)[]} */ ([
  (x, y) => (x + y) % 2 === 0, (_, y) => y % 2 === 0, (x) => x % 3 === 0, (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0, (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]);

/** Data in zigzag columns from the lower right, under a mask. @param {(boolean | undefined)[][]} free @param {number[]} words @param {number} mask */
function filled(free, words, mask) {
  const size = free.length, grid = free.map((row) => row.map(Boolean));
  let at = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) for (let j = 0; j < 2; j++) {
      const x = right - j, y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
      if (free[y][x] !== undefined) continue;
      const dark = at < words.length * 8 && ((words[at >>> 3] >>> (7 - (at & 7))) & 1) !== 0;
      at += 1;
      grid[y][x] = dark !== MASKS[mask](x, y);
    }
  }
  drawFormat(grid, mask);
  return grid;
}

/** How hard the pattern is to read: long runs, blocks, and too much of one colour. @param {boolean[][]} grid */
function penalty(grid) {
  const size = grid.length;
  let sum = 0, dark = 0;
  for (const line of [...grid, ...grid.map((_, x) => grid.map((row) => row[x]))]) {
    for (let i = 0, run = 0; i < size; i++) {
      run = i > 0 && line[i] === line[i - 1] ? run + 1 : 1;
      sum += run === 5 ? 3 : run > 5 ? 1 : 0;
    }
    sum += (line.map(Number).join('').match(/(?=00001011101|10111010000)/g)?.length ?? 0) * 40;
  }
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) {
    dark += Number(grid[y][x]);
    if (x > 0 && y > 0 && grid[y][x] === grid[y][x - 1] && grid[y][x] === grid[y - 1][x] && grid[y][x] === grid[y - 1][x - 1]) sum += 3;
  }
  return sum + Math.floor(Math.abs(dark * 20 - size * size * 10) / (size * size)) * 10;
}

/** The square of dark modules for a text, or null when it is longer than version 10 holds (271 bytes). @param {string} text @returns {boolean[][] | null} */
export function qrCode(text) {
  const bytes = new TextEncoder().encode(text);
  const version = EC_BYTES.findIndex((_, v) => v > 0 && dataBytes(v) * 8 >= bytes.length * 8 + (v < 10 ? 12 : 20));
  if (version < 0) return null;
  const words = interleaved(codewords(bytes, version), version), free = patterns(version);
  const candidates = MASKS.map((_, mask) => filled(free, words, mask)), costs = candidates.map(penalty);
  return candidates[costs.indexOf(Math.min(...costs))];
}

/** The dark modules as one SVG path of unit squares, runs joined. @param {boolean[][]} grid */
export function qrPath(grid) {
  return grid.map((row, y) => row.map((dark, x) => {
    if (!dark || row[x - 1]) return '';
    let end = x;
    while (row[end]) end++;
    return `M${x} ${y}h${end - x}v1h${x - end}z`;
  }).join('')).join('');
}
