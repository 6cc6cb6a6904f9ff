/**
 * Position of a finding in a step: first the number of the checked array in the order of a pass, then the row or number
 * in it. It does not depend on how rows are divided among passes and ranks.
 */
export interface FindingPosition {
  readonly check: number;
  readonly index: number;
}

/** Positions of findings before and after everything that a pass computes. */
export const CHECKS = {
  inputs: -2,
  targets: -1,
  losses: 2 ** 40,
  gradients: 2 ** 41,
  step: 2 ** 42, // findings about the step as a whole
} as const;

export const isEarlier = (a: FindingPosition, b: FindingPosition): boolean =>
  a.check < b.check || (a.check === b.check && a.index < b.index);

/** A problem of a step that is not finite, or that a layer refuses. */
export interface Fault {
  readonly message: string; // names step, rows, layer or tensor, and the largest weights
  readonly isData: boolean; // the rows have the bad number: no learning rate would help
  readonly position: FindingPosition; // of several ranks, the one with the earliest finding reports
}

/** The first step of a run that is not finite. */
export interface BadStep extends Fault {
  readonly step: number;
}

/** Keeps the earliest fault of those recorded. */
export interface EarliestFault {
  readonly fault: Fault | null;
  record(position: FindingPosition, describe: () => Omit<Fault, 'position'>): void;
}

export function createEarliestFault(): EarliestFault {
  let earliestFault: Fault | null = null;
  return {
    get fault() {
      return earliestFault;
    },
    record(position, describe) {
      if (earliestFault === null || isEarlier(position, earliestFault.position))
        earliestFault = { ...describe(), position };
    },
  };
}
