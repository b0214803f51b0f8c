// @ts-check
/** A QR code as a picture; black on white in every theme, because cameras want that. */
import { html, useMemo } from '../core/preact.js';
import { qrCode, qrPath } from '../core/qr.js';

/** @param {{text: string, label: string}} props */
export function QrCode({ text, label }) {
  const code = useMemo(() => qrCode(text), [text]);
  if (!code) return null;
  return html`<svg class="qr" viewBox=${`0 0 ${code.length} ${code.length}`} role="img" aria-label=${label} shape-rendering="crispEdges"><path d=${qrPath(code)} /></svg>`;
}
