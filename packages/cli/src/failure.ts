import { UsageError } from './usage-error.ts';

/**
 * Lines: one sentence, and below it the stack where `verbose`. '<where>: ' of the libraries gives way to the command.
 */
export function describeFailure(where: string, error: unknown, verbose: boolean): string[] {
  const sentence = `${where}: ${error instanceof UsageError ? error.message : withoutPlace(error)}`;
  if (!verbose || !(error instanceof Error)) return [sentence];
  const { cause } = error;
  return [sentence, ...stackOf(error), ...(cause instanceof Error ? [`caused by ${cause}`, ...stackOf(cause)] : [])];
}

/** The places that an error came through. Above them stands its message, of which a part may look like one. */
function stackOf(error: Error): string[] {
  const { stack = '' } = error;
  const head = String(error);
  const places = stack.startsWith(head) ? stack.slice(head.length) : stack;
  return places.split('\n').filter((line) => line.startsWith('    at '));
}

export const exitCodeOf = (error: unknown): number => (error instanceof UsageError ? 2 : 1);

/** 'batch has 0' of 'train: batch has 0': the place in the library says nothing to who typed a command. */
export function withoutPlace(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^[a-z][\w-]*( [a-z-]+)?: /i, '');
}
