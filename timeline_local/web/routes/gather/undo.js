// @ts-check
/** The way back of a change to people, places or collections, in a toast. */
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { toast } from '../../core/toast.js';

/** @param {string} text @param {string | null | undefined} token @param {() => void} after run when it was taken back */
export function tell(text, token, after) {
  const undo = async () => {
    try {
      await api.post(`/undo/${token}`);
      toast({ text: t('gather.undone'), tone: 'ok' });
      after();
    } catch (problem) { complain(problem); }
  };
  toast({ text, tone: 'ok', ...(token ? { undo } : {}) });
}

/** @param {any} problem */
export function complain(problem) {
  if (problem.slug !== 'offline') toast({ text: problem.status === 412 ? t('gather.conflict') : problem.message, tone: 'danger' });
}
