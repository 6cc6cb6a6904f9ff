/**
 * The error as lines: one sentence, or one for each of several faults, and with `verbose` the stack. The name of the
 * command replaces the '<where>: ' of the libraries.
 */
export function describeFailure(where: string, error: unknown, verbose = false): string[] {
  const sentence = shorten(`${where}: ${error instanceof UsageError ? error.message : withoutCaller(error)}`);
  const sentences = splitFaults(sentence, error);
  if (!verbose || !(error instanceof Error)) return sentences;
  const { cause } = error;
  return [
    ...sentences,
    ...stackOf(error),
    ...(cause instanceof Error ? [`caused by ${cause}`, ...stackOf(cause)] : []),
  ];
}

/** A line for each fault that the sentence ends with, if the error or one of its causes has a list of them. */
function splitFaults(sentence: string, error: unknown): string[] {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!('faults' in cause) || !Array.isArray(cause.faults)) continue;
    const end = cause.faults.join('; ');
    if (sentence.endsWith(end))
      return [sentence.slice(0, -end.length).trimEnd(), ...cause.faults.map((fault) => `- ${fault}`)];
  }
  return [sentence];
}

/** Shortens words that are longer than any path, and long sentences: both may quote whole files. */
function shorten(sentence: string): string {
  const short = sentence.replace(/\S+/g, (word) => (word.length > 4096 ? `${word.slice(0, 57)}...` : word));
  return short.length > MAX_CHARACTERS ? `${short.slice(0, MAX_CHARACTERS)}...` : short;
}

const MAX_CHARACTERS = 10_000; // of an error: enough for two paths

/** The stack without the message, which may contain lines that look like stack frames. */
function stackOf(error: Error): string[] {
  const { stack = '' } = error;
  const head = String(error);
  const frames = stack.startsWith(head) ? stack.slice(head.length) : stack;
  return frames.split('\n').filter((line) => line.startsWith('    at '));
}

export const exitCodeOf = (error: unknown): number => (error instanceof UsageError ? 2 : 1);

/** "batch has 0" for "train: batch has 0": users of the command line do not know the library function. */
export function withoutCaller(error: unknown): string {
  return messageOf(error).replace(/^[a-z][\w-]*( [a-z-]+)?: /i, '');
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The error of an action that must not stop the work around it; null if it succeeds. */
export function failureOf(act: () => void): Error | null {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A usage error. The sentence names the flag, its value and the expected value. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs `check` and rethrows its errors as usage errors. */
export function asUsageError<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}
