import { UsageError } from './usage-error.ts';

/** One sentence, and below it the stack where `verbose`. '<where>: ' of the libraries gives way to the command. */
export function describeFailure(where: string, error: unknown, verbose: boolean): string {
  const sentence = `${where}: ${error instanceof UsageError ? error.message : withoutPlace(error)}`;
  if (!verbose || !(error instanceof Error)) return sentence;
  const causes = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
  return `${sentence}\n${error.stack}${causes}`;
}

export const exitCodeOf = (error: unknown): number => (error instanceof UsageError ? 2 : 1);

/** 'batch has 0' of 'train: batch has 0': the place in the library says nothing to who typed a command. */
export function withoutPlace(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^[a-z][\w-]*( [a-z-]+)?: /i, '');
}
