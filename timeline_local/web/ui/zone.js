// @ts-check
/** Time zones by their city, from the browser's own list. */
import { html } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { SelectField } from './field.js';

/** The zone of this computer. */
export const localZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** @returns {string[]} */
const allZones = () => [...new Set(['UTC', localZone(), ...(Intl.supportedValuesOf?.('timeZone') ?? [])])].sort((a, b) => zoneLabel(a).localeCompare(zoneLabel(b)));

/** @param {{label: any, hint?: any, value: string, onChange: (zone: string) => void, none?: boolean, [name: string]: any}} props  `none` offers "no zone" */
export function ZoneField({ label, hint, value, onChange, none, ...rest }) {
  const zones = allZones();
  if (value && !zones.includes(value)) zones.unshift(value);
  const options = zones.map((zone) => ({ value: zone, label: zoneLabel(zone) }));
  if (none || !value) options.unshift({ value: '', label: t('ui.zone_none') });
  return html`<${SelectField} label=${label} hint=${hint} value=${value} onChange=${onChange} options=${options} ...${rest} />`;
}

/** "Lisbon (Europe)": the city is what people know. @param {string} zone */
function zoneLabel(zone) {
  const parts = zone.split('/').map((part) => part.replaceAll('_', ' '));
  return parts.length < 2 || parts[0] === 'Etc' ? parts[parts.length - 1] : `${parts[parts.length - 1]} (${parts.slice(0, -1).join(', ')})`;
}
