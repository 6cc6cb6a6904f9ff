/** Whole epochs before `step`. */
export const epochOf = (step: number, stepsPerEpoch: number): number => Math.floor(step / stepsPerEpoch);
