// @ts-check
/** Keep what is being written, every two seconds, and bring it back the next time. */
import { useEffect, useRef, useState } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { clock } from '../../core/dates.js';
import { dropDraft, readDraft, writeDraft } from './draft.js';
import { isoMinute } from './when.js';

const EVERY_MS = 2000;

/** @param {{id: string, form: any, attachments: any, restore: (form: any) => void, onNote: (note: any) => void}} what */
export function useDraft({ id, form, attachments, restore, onNote }) {
  const [restored, setRestored] = useState(false);
  const first = useRef(JSON.stringify(form));
  const written = useRef(JSON.stringify(form));
  const key = useRef(crypto.randomUUID());
  const live = useRef(true);
  const latest = useRef({ form, attachments });
  latest.current = { form, attachments };
  useEffect(() => {
    readDraft(id).then((draft) => {
      if (!draft || !live.current) return;
      key.current = draft.key ?? key.current;
      written.current = JSON.stringify(draft.form);
      restore(draft.form);
      if (draft.media?.length) attachments.reset(draft.media);
      setRestored(true);
    }).catch(() => {});
    const keep = () => live.current && keepDraft(id, latest.current, { written, first, key: key.current, onNote });
    const timer = setInterval(keep, EVERY_MS);
    addEventListener('pagehide', keep);
    return () => {
      keep();
      live.current = false;
      clearInterval(timer);
      removeEventListener('pagehide', keep);
    };
  }, []);
  const stop = () => {
    live.current = false;
  };
  const discard = () => {
    dropDraft(id).catch(() => {});
    key.current = crypto.randomUUID();
    written.current = first.current;
    setRestored(false);
    onNote(null);
  };
  return { restored, discard, stop, key: key.current };
}

/** @param {string} id @param {any} latest @param {any} memo */
async function keepDraft(id, { form, attachments }, { written, first, key, onNote }) {
  const media = attachments.items.map((/** @type {any} */ one) => one.media).filter(Boolean);
  const text = JSON.stringify(form) + media.map((/** @type {any} */ one) => one.id).join();
  if (text === written.current || (JSON.stringify(form) === first.current && !media.length)) return;
  written.current = text;
  try {
    await writeDraft(id, { form, media, key });
    onNote(t('capture.draft_saved', { time: clock(isoMinute(new Date())) }));
  } catch {
    onNote(t('capture.draft_failed'));
  }
}
