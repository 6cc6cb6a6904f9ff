import { getSystemErrorMap } from 'node:util';

/** Why the system refused: 'permission denied (EACCES)'; for any other error its message. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === undefined) return error.message;
  const [, words] = (errno === undefined ? undefined : getSystemErrorMap().get(errno)) ?? [];
  return words === undefined ? code : `${words} (${code})`;
}
