import { suggestOption } from './nearest.ts';
import { show } from './show.ts';

/** Optional parts of an OptionError. */
export interface OptionErrorDetails {
  /** Subject of the message. @default the first option */
  readonly about?: string;
  /** The known names, if the error is an unknown name. */
  readonly known?: readonly string[];
  /** The error that caused this one. */
  readonly cause?: unknown;
}

/**
 * A rejected option. The message is '<where>: <about> <problem>'; `options` lets callers with other names, such as
 * command-line flags, name the option in their own way.
 */
export class OptionError extends Error {
  /** 'OptionError'. */
  override readonly name = 'OptionError';
  /** Paths of the rejected options, such as 'batch' or 'layers.2.out'. Several if options contradict each other. */
  readonly options: readonly string[];
  /** Subject of the message. */
  readonly about: string;
  /** Rest of the message: 'has 0, expected a whole number of at least 1'. */
  readonly problem: string;
  /** The known names, if the error is an unknown name. */
  readonly known: readonly string[] | undefined;
  /** The function that rejected the option. */
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

  /**
   * Returns this error with longer paths, for a caller whose option `path` is the object that was checked: 'out'
   * becomes 'layers.2.out'. The message then begins with `outerWhere`.
   */
  inside(path: string, outerWhere?: string): OptionError {
    const { where, options, about, problem, known } = this;
    return new OptionError(
      outerWhere === undefined ? where : `${outerWhere}: ${where}`,
      options.map((option) => `${path}.${option}`),
      problem,
      { about, ...(known === undefined ? {} : { known }), cause: this },
    );
  }
}

/** Runs `check` on the object at `path` in the options. Adds the path to its errors. */
export function within<T>(path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof OptionError ? error.inside(path) : error;
  }
}

/** Maximum number of options that an error lists. */
const MAX_LISTED = 50;

export function unknownOption(where: string, key: string, known: readonly string[]): OptionError {
  const omission = known.length > MAX_LISTED ? [`${known.length - MAX_LISTED} more`] : [];
  const expected = [...known.slice(0, MAX_LISTED), ...omission].join(', ') || 'none';
  const about = `option ${show(key)}`;
  return new OptionError(where, key, `is unknown, expected ${expected}${suggestOption(key, known)}`, { about, known });
}
