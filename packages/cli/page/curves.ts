import type { RunChart } from '../src/lab/figures/run-charts.ts';
import { isRooted, type Run } from './runs.ts';

/** Whether the chart of losses shows roots, which then are the RMSE. */
export const areRooted = (runs: readonly Run[]): boolean => runs.length > 0 && runs.every(isRooted);

/** A line of a chart. */
export interface Curve {
  readonly run: Run;
  readonly label: string;
  readonly dash: readonly number[]; // none for training, so that it differs from validation without colours
  readonly isFaint: boolean; // drawn in a light colour, under the smoothed curve
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

const dashes = { training: [], validation: [7, 4], test: [2, 3] };

/** The lines of a chart. Values that the scale cannot show are left out, and so are lines without a value. */
export function curvesOf(
  chart: RunChart,
  runs: readonly Run[],
  { by, log, smoothing }: { readonly by: 'step' | 'epoch'; readonly log: boolean; readonly smoothing: number },
): Curve[] {
  const { kind, isShare = false, steps } = chart;
  const isLog = log && !isShare;
  const showsRoots = kind === 'loss' && areRooted(runs);
  const curves = runs.flatMap((run): Curve[] => {
    const scale = by === 'epoch' ? 1 / (run.facts.stepsPerEpoch ?? 1) : 1;
    const curvesOfRun: Curve[] = [];
    const add = (
      style: Pick<Curve, 'label' | 'dash' | 'isFaint'>,
      records: readonly { readonly step: number }[],
      values: Curve['y'],
    ) => {
      const y = showsRoots ? values.map((value) => (value === null ? null : Math.sqrt(value))) : values;
      curvesOfRun.push({ run, ...style, x: records.map(({ step }) => step * scale), y });
    };
    if (steps !== undefined) {
      const { figure, label, isNoisy } = steps;
      const isSmooth = isNoisy && smoothing > 0;
      const values = run.steps.map((line) => line[figure]);
      add({ label, dash: [], isFaint: isSmooth }, run.steps, values);
      if (isSmooth)
        add({ label: `${label}, smoothed`, dash: [], isFaint: false }, run.steps, smooth(values, smoothing));
    }
    for (const label of ['training', 'validation', 'test'] as const) {
      const figure = chart[label];
      if (figure === undefined) continue;
      const lines = run.epochs.filter((line) => typeof figure(line) === 'number');
      const values = lines.map((line) => (figure(line) ?? 0) * (isShare ? 100 : 1));
      add({ label, dash: dashes[label], isFaint: false }, lines, values);
    }
    return curvesOfRun;
  });
  return curves
    .map((curve) => ({ ...curve, y: curve.y.map((value) => (isLog && value !== null && value <= 0 ? null : value)) }))
    .filter(({ y }) => y.some((value) => value !== null));
}

/** Exponential moving average, corrected for its start from 0. */
function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let sum = 0;
  let totalWeight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    totalWeight = weight * totalWeight + 1 - weight;
    return sum / totalWeight;
  });
}

/** A value in a few digits. */
export function formatFigure(value: number, isShare = false): string {
  if (isShare) return `${value.toFixed(2)} %`;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace(/\.?0{1,2}e/, 'e');
  return Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 7 });
}
