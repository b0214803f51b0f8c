// @ts-check
/** Markdown at the cursor of a textarea. Text is inserted as if typed, so the browser's own undo keeps working. */

/** @typedef {'bold'|'italic'|'heading'|'list'|'tasks'|'quote'|'link'} Mark */

const PREFIX = /** @type {Record<string, string>} */ ({ heading: '## ', list: '- ', tasks: '- [ ] ', quote: '> ' });
const WRAP = /** @type {Record<string, string>} */ ({ bold: '**', italic: '_' });

/** @param {HTMLTextAreaElement} area @param {Mark} mark */
export function applyMark(area, mark) {
  area.focus();
  if (mark in WRAP) wrap(area, WRAP[mark]);
  else if (mark === 'link') link(area);
  else prefixLines(area, PREFIX[mark]);
}

/** @param {HTMLTextAreaElement} area @param {string} sign */
function wrap(area, sign) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const chosen = value.slice(from, to);
  const wrapped = chosen.startsWith(sign) && chosen.endsWith(sign) && chosen.length > 2 * sign.length;
  type(area, wrapped ? chosen.slice(sign.length, -sign.length) : sign + chosen + sign);
  if (!chosen) area.setSelectionRange(from + sign.length, from + sign.length);
}

/** @param {HTMLTextAreaElement} area */
function link(area) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const chosen = value.slice(from, to);
  type(area, `[${chosen}](https://)`);
  const at = chosen ? from + chosen.length + 3 : from + 1;
  area.setSelectionRange(at, chosen ? at + 8 : at);
}

/** Put the prefix before every line of the selection, or take it away when all have it. @param {HTMLTextAreaElement} area @param {string} prefix */
function prefixLines(area, prefix) {
  const from = area.value.lastIndexOf('\n', area.selectionStart - 1) + 1;
  const next = area.value.indexOf('\n', area.selectionEnd);
  const to = next < 0 ? area.value.length : next;
  const lines = area.value.slice(from, to).split('\n');
  const every = lines.every((line) => line.startsWith(prefix));
  area.setSelectionRange(from, to);
  type(area, lines.map((line) => (every ? line.slice(prefix.length) : prefix + line)).join('\n'));
}

/** @param {HTMLTextAreaElement} area @param {string} text */
function type(area, text) {
  if (document.execCommand('insertText', false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

/** The #words of a text, as tags; headings ("# Title") and numbers ("#1") are not tags. @param {string} text @returns {string[]} */
export function tagsInText(text) {
  return [...text.matchAll(/(?:^|[\s(])#([\p{L}_][\p{L}\p{N}_/-]*)/gu)].map((found) => found[1]);
}
