import { getSystemErrorMap } from 'node:util';
import { reasonOf } from '@gradloom/core/internal';

/** The reason of a system error: 'permission denied (EACCES)'; for any other error its message. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return reasonOf(error);
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === undefined) return reasonOf(error);
  const [, words] = (errno === undefined ? undefined : getSystemErrorMap().get(errno)) ?? [];
  return words === undefined ? code : `${words} (${code})`;
}
