/**
 * How early in a step something is found: first what was looked at, in the order of a pass, then the row or the number
 * in it. It does not depend on how rows are divided among passes and ranks.
 */
export interface Moment {
  readonly look: number;
  readonly place: number;
}

/** What comes before all that a pass computes, and behind it. */
export const LOOKS = {
  inputs: -2,
  targets: -1,
  losses: 2 ** 40,
  gradients: 2 ** 41,
  step: 2 ** 42, // the step as a whole
} as const;

export const isEarlier = (one: Moment, other: Moment): boolean =>
  one.look < other.look || (one.look === other.look && one.place < other.place);

/** The problem of a step that is not finite, or that a layer cannot take. */
export interface Fault {
  readonly message: string; // names step, rows, and layer, or the tensor, and the largest weights
  readonly isData: boolean; // the rows have it: no rate would help
  readonly at: Moment; // of several ranks the first says what it is
}

/** Keeps the earliest of the faults that it is told of. */
export interface FirstFinding {
  readonly fault: Fault | null;
  note(at: Moment, fault: () => Omit<Fault, 'at'>): void;
}

export function createFirstFinding(): FirstFinding {
  let first: Fault | null = null;
  return {
    get fault() {
      return first;
    },
    note(at, fault) {
      if (first === null || isEarlier(at, first.at)) first = { ...fault(), at };
    },
  };
}
