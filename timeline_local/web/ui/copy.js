// @ts-check
/** Copy a text and say so. */
import { html, useState } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { Button } from './button.js';

const SHOWN_MS = 2500;

/** @param {{text: string, label: string, variant?: any}} props */
export function CopyButton({ text, label, variant }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return html`<${Button} icon=${copied ? 'check' : 'copy'} variant=${variant} onClick=${copy}>${copied ? t('ui.copied') : label}<//>
    <span class="sr" role="status">${copied ? t('ui.copied') : ''}</span>`;
}
