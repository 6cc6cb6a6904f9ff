/** Rows whose probability is in one range. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly probability: number | null; // mean probability; null without rows
  readonly share: number | null; // share of rows that belong to the class
}

/** The bins of the calibration metric. */
export function binsOf(
  calibration: Float64Array, // [bins, 3]
): CalibrationBin[] {
  const bins = calibration.length / 3;
  return Array.from({ length: bins }, (_, k) => {
    const [rows, probability, share] = calibration.slice(3 * k, 3 * k + 3);
    const binFigures = rows === 0 ? { probability: null, share: null } : { probability, share };
    return { from: k / bins, to: (k + 1) / bins, rows, ...binFigures };
  });
}
