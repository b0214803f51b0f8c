// @ts-check
/** Formatting helpers: one tab stop, arrows move between them. */
import { html, useRef } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Icon } from '../../ui/icon.js';

/** mark, icon or letter */
const MARKS = [['bold', 'B'], ['italic', 'I'], ['heading', 'H'], ['list', 'list'], ['tasks', 'list-checks'], ['quote', 'quote'], ['link', 'link']];

/** @param {{onMark: (mark: string) => void}} props */
export function Toolbar({ onMark }) {
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  const walk = (/** @type {KeyboardEvent} */ event) => {
    const buttons = /** @type {HTMLElement[]} */ ([...(bar.current?.querySelectorAll('button') ?? [])]);
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = /** @type {Record<string, number>} */ ({ ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 })[event.key];
    if (next === undefined) return;
    event.preventDefault();
    buttons[(next + buttons.length) % buttons.length].focus();
  };
  return html`<div class="editor-tools" role="toolbar" aria-label=${t('capture.formatting')} ref=${bar} onKeyDown=${walk}>
    ${MARKS.map(([mark, sign], index) => html`<button key=${mark} type="button" tabindex=${index === 0 ? 0 : -1} aria-label=${t(`capture.mark.${mark}`)} title=${t(`capture.mark.${mark}`)}
      onMouseDown=${(/** @type {Event} */ event) => event.preventDefault()} onClick=${() => onMark(mark)}>
      ${sign.length === 1 ? html`<span class=${`mark-${mark}`} aria-hidden="true">${sign}</span>` : html`<${Icon} name=${sign} />`}
    </button>`)}
  </div>`;
}
