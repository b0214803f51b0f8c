// @ts-check
/**
 * Modal dialogs on the native element: focus is trapped by the browser and returns to the opener.
 * Each shows the messages itself, because everything outside of a modal dialog is inert.
 */
import { html, render, useEffect, useRef, useState } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { IconButton } from './button.js';
import { useDomId } from './ids.js';
import { ToastHost } from './toast.js';

/**
 * `onClose` is called for Escape, the close button and a click outside (unless `firm`).
 * @param {{title: any, note?: any, onClose: () => void, children?: any, footer?: any, class?: string, firm?: boolean}} props
 */
export function Dialog({ title, note, onClose, children, footer, class: extra, firm }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const titleId = useDomId('dialog');
  useModal(ref);
  const [content, scrolls] = useScrolls();
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    onClose();
  };
  const press = (/** @type {MouseEvent} */ event) => {
    if (!firm && event.target === ref.current) onClose();
  };
  return html`<dialog ref=${ref} class=${`dialog${extra ? ` ${extra}` : ''}`} aria-labelledby=${titleId} onCancel=${cancel} onMouseDown=${press}>
    <div class="dialog-body">
      <header class="dialog-head">
        <h2 id=${titleId}>${title}</h2>
        <div class="dialog-note">${note}</div>
        <${IconButton} icon="x" label=${t('ui.close')} onClick=${onClose} />
      </header>
      <div class="dialog-content" ref=${content} ...${scrolls ? { tabindex: 0, role: 'group', 'aria-labelledby': titleId } : {}}>${children}</div>
      ${footer ? html`<footer class="dialog-foot">${footer}</footer>` : null}
    </div>
    <${ToastHost} />
  </dialog>`;
}

/** Whether the content is taller than its place: then the keyboard must be able to enter and scroll it. @returns {[{current: HTMLElement | null}, boolean]} */
function useScrolls() {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () => setScrolls(element.scrollHeight > element.clientHeight + 1);
    const observer = new ResizeObserver(measure);
    for (const one of [element, ...element.children]) observer.observe(one);
    return () => observer.disconnect();
  }, []);
  return [ref, scrolls];
}

/** Show the dialog while mounted; give the focus back when it goes. @param {{current: HTMLDialogElement | null}} ref */
function useModal(ref) {
  useEffect(() => {
    const dialog = ref.current;
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    if (dialog && !dialog.open) dialog.showModal();
    const wanted = /** @type {HTMLElement | null} */ (dialog?.querySelector('[data-autofocus]') ?? null);
    wanted?.focus();
    return () => {
      if (dialog?.open) dialog.close();
      if (opener?.isConnected) opener.focus();
    };
  }, []);
}

/**
 * Show a component on top of the page until it calls its `close(result)` prop.
 * @template T
 * @param {(props: {close: (result: T | null) => void} & any) => any} Component
 * @param {object} [props]
 * @returns {Promise<T | null>}
 */
export function present(Component, props = {}) {
  const host = document.createElement('div');
  document.body.append(host);
  return new Promise((resolve) => {
    const close = (/** @type {T | null} */ result) => {
      render(null, host);
      host.remove();
      resolve(result);
    };
    render(html`<${Component} ...${props} close=${close} />`, host);
  });
}
