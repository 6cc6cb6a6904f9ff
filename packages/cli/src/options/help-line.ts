import type { Option } from '@gradloom/core/internal';

type Stated = Partial<Pick<Option<unknown, unknown, boolean>, 'help' | 'standard' | 'shown'>>;

/** The help line of an option with its default, or with `own`: another default of the command line. */
export function helpLine({ help = '', standard, shown }: Stated, own: unknown = shown ?? standard): string {
  return own === undefined || typeof own === 'boolean' ? help : `${help} (default: ${own})`;
}
