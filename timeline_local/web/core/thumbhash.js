// @ts-check
/**
 * Pictures from ThumbHash placeholders (at most 25 bytes: a colour, and a few cosine waves of light and colour).
 * Drawn on one small canvas and handed out as data: addresses, which our img-src allows.
 */
const SIDE = 16;
/** @type {Map<string, string>} */
const cache = new Map();

/** @param {string} base64 @returns {Uint8Array} */
const bytesOf = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

/** Cosine coefficients as 4-bit numbers, triangular order, the constant term left out. @param {Uint8Array} bytes @param {number} at first nibble @param {number} nx @param {number} ny @param {number} scale */
function waves(bytes, at, nx, ny, scale) {
  const list = [];
  let nibble = at;
  for (let cy = 0; cy < ny; cy++) {
    for (let cx = cy ? 0 : 1; cx * ny < nx * (ny - cy); cx++, nibble++) {
      const four = (bytes[nibble >> 1] >> ((nibble & 1) * 4)) & 15;
      list.push({ cx, cy, v: (four / 7.5 - 1) * scale });
    }
  }
  return { list, next: nibble };
}

/** Decode to RGBA. @param {Uint8Array} bytes @returns {{w:number, h:number, rgba:Uint8ClampedArray<ArrayBuffer>}} */
export function decode(bytes) {
  const a = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16), b = bytes[3] | (bytes[4] << 8);
  const l0 = (a & 63) / 63, p0 = ((a >> 6) & 63) / 31.5 - 1, q0 = ((a >> 12) & 63) / 31.5 - 1, lScale = ((a >> 18) & 31) / 31;
  const hasAlpha = a >> 23 === 1, pScale = ((b >> 3) & 63) / 63, qScale = ((b >> 9) & 63) / 63, isWide = b >> 15 === 1;
  const lx = Math.max(3, isWide ? (hasAlpha ? 5 : 7) : b & 7), ly = Math.max(3, isWide ? b & 7 : hasAlpha ? 5 : 7);
  const a0 = hasAlpha ? (bytes[5] & 15) / 15 : 1, aScale = hasAlpha ? (bytes[5] >> 4) / 15 : 0;
  const light = waves(bytes, hasAlpha ? 12 : 10, lx, ly, lScale);
  const p = waves(bytes, light.next, 3, 3, pScale * 1.25), q = waves(bytes, p.next, 3, 3, qScale * 1.25);
  const alpha = hasAlpha ? waves(bytes, q.next, 5, 5, aScale).list : [];
  const ratio = (isWide ? (hasAlpha ? 5 : 7) : b & 7) / (isWide ? b & 7 : hasAlpha ? 5 : 7);
  const w = Math.round(ratio > 1 ? SIDE : SIDE * ratio), h = Math.round(ratio > 1 ? SIDE / ratio : SIDE);
  return { w, h, rgba: paint(w, h, { l0, p0, q0, a0 }, light.list, p.list, q.list, alpha) };
}

/** @typedef {{cx:number, cy:number, v:number}[]} Waves */
/** @param {number} w @param {number} h @param {{l0:number,p0:number,q0:number,a0:number}} flat @param {Waves} light @param {Waves} p @param {Waves} q @param {Waves} alpha */
function paint(w, h, flat, light, p, q, alpha) {
  const rgba = new Uint8ClampedArray(w * h * 4), cos = cosines(w, h);
  for (let y = 0, at = 0; y < h; y++) {
    for (let x = 0; x < w; x++, at += 4) {
      const sum = (/** @type {Waves} */ list) => list.reduce((total, { cx, cy, v }) => total + v * 2 * cos.x[cx][x] * cos.y[cy][y], 0);
      const l = flat.l0 + sum(light), yellow = flat.p0 + sum(p), red = flat.q0 + sum(q);
      const blue = l - (2 / 3) * yellow, r = (3 * l - blue + red) / 2, g = r - red;
      rgba[at] = 255 * r; rgba[at + 1] = 255 * g; rgba[at + 2] = 255 * blue;
      rgba[at + 3] = 255 * (flat.a0 + sum(alpha));
    }
  }
  return rgba;
}

/** @param {number} w @param {number} h */
function cosines(w, h) {
  const row = (/** @type {number} */ size, /** @type {number} */ k) => Array.from({ length: size }, (_, i) => Math.cos((Math.PI / size) * (i + 0.5) * k));
  const orders = [0, 1, 2, 3, 4, 5, 6];
  return { x: orders.map((k) => row(w, k)), y: orders.map((k) => row(h, k)) };
}

/** @type {HTMLCanvasElement|null} */
let canvas = null;
/** A data: address for a base64 ThumbHash, or "" when it is damaged. @param {string} base64 */
export function placeholderUrl(base64) {
  const known = cache.get(base64);
  if (known !== undefined) return known;
  let url = '';
  try {
    const { w, h, rgba } = decode(bytesOf(base64));
    canvas ??= document.createElement('canvas');
    canvas.width = w; canvas.height = h;
    canvas.getContext('2d')?.putImageData(new ImageData(rgba, w, h), 0, 0);
    url = canvas.toDataURL();
  } catch { /* a damaged placeholder leaves the tint */ }
  if (cache.size > 3000) cache.clear();
  cache.set(base64, url);
  return url;
}
