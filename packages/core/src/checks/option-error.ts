import { suggest } from './nearest.ts';
import { show } from './show.ts';

/** Optional parts of an OptionError. */
export interface OptionErrorDetails {
  /** Subject of the sentence. @default the first option itself */
  readonly about?: string;
  /** The known names, if a name is unknown. */
  readonly known?: readonly string[];
  /** The cause. */
  readonly cause?: unknown;
}

/**
 * A refused option. The message is '<where>: <about> <problem>'; `options` are for callers that use other names, such
 * as the flags of a command line.
 */
export class OptionError extends Error {
  /** 'OptionError'. */
  override readonly name = 'OptionError';
  /**
   * Paths of the refused options in the argument of the caller, such as 'batch' or 'layers.2.out'; several if they do
   * not fit each other.
   */
  readonly options: readonly string[];
  /** Subject of the sentence. */
  readonly about: string;
  /** The rest of it: 'has 0, expected a whole number of at least 1'. */
  readonly problem: string;
  /** Where a name is unknown: those that are known. */
  readonly known: readonly string[] | undefined;
  /** The function that refused it; '' where the subject says enough. */
  readonly where: string;

  constructor(where: string, option: string | readonly string[], problem: string, details: OptionErrorDetails = {}) {
    const options = typeof option === 'string' ? [option] : option;
    const { about = options[0], known, cause } = details;
    super(`${where === '' ? '' : `${where}: `}${about} ${problem}`, { cause });
    this.options = options;
    this.about = about;
    this.problem = problem;
    this.known = known;
    this.where = where;
  }

  /** The same error for the caller that passed the object at `path`; `place` is then put before the sentence. */
  inside(path: string, place?: string): OptionError {
    const { where, options, about, problem, known } = this;
    return new OptionError(
      place === undefined ? where : `${place}: ${where}`,
      options.map((option) => `${path}.${option}`),
      problem,
      { about, ...(known === undefined ? {} : { known }), cause: this },
    );
  }
}

/** Runs `check` on the object at `path` of the options, and adds the path to its errors. */
export function within<T>(path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof OptionError ? error.inside(path) : error;
  }
}

/** The same for a check with pauses. */
export function* withinInTurns<T>(
  path: string,
  check: Generator<undefined, T, undefined>,
): Generator<undefined, T, undefined> {
  try {
    return yield* check;
  } catch (error) {
    throw error instanceof OptionError ? error.inside(path) : error;
  }
}

/** An error for an unknown option. */
export const unknownOption = (where: string, key: string, known: readonly string[]): OptionError =>
  new OptionError(where, key, `is unknown, expected ${known.join(', ') || 'none'}${suggest(key, known)}`, {
    about: `option ${show(key)}`,
    known,
  });
