import { UsageError } from './usage-error.ts';

/** One sentence, and below it the stack where `verbose`. '<where>: ' of the libraries gives way to the command. */
export function describeFailure(where: string, error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return `${where}: ${error}`;
  const sentence = `${where}: ${error instanceof UsageError ? error.message : withoutPlace(error.message)}`;
  if (!verbose) return sentence;
  const causes = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
  return `${sentence}\n${error.stack}${causes}`;
}

export const exitCodeOf = (error: unknown): number => (error instanceof UsageError ? 2 : 1);

/** 'train: batch has 0' without 'train: ': the place in the library says nothing to who typed a command. */
export const withoutPlace = (message: string): string => message.replace(/^[a-z]\w*: /i, '');
