import type { EpochFigures, StepFigures } from '../src/commands/live/messages.ts';
import { isRooted, type Run } from './runs.ts';

/** A figure of runs, drawn in a chart of its own. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly isShare?: boolean; // shown in percent, never on a logarithmic scale
  readonly steps?: {
    readonly figure: Exclude<keyof StepFigures, 'step'>;
    readonly label: string;
    readonly isNoisy: boolean;
  };
  readonly epochs?: readonly { readonly figure: Exclude<keyof EpochFigures, 'step'>; readonly label: string }[];
}

/** Every chart, from top to bottom, in the order of the report. */
const figures: readonly Figure[] = [
  {
    name: 'loss',
    title: 'Loss',
    steps: { figure: 'loss', label: 'training', isNoisy: true },
    epochs: [
      { figure: 'validationLoss', label: 'validation' },
      { figure: 'testLoss', label: 'test' },
    ],
  },
  {
    name: 'accuracy',
    title: 'Accuracy',
    isShare: true,
    epochs: [
      { figure: 'validationAccuracy', label: 'validation' },
      { figure: 'testAccuracy', label: 'test' },
    ],
  },
  { name: 'rmse', title: 'RMSE', epochs: [{ figure: 'validationRmse', label: 'validation' }] },
  { name: 'perplexity', title: 'Perplexity', epochs: [{ figure: 'validationPerplexity', label: 'validation' }] },
  {
    name: 'learning-rate',
    title: 'Learning rate',
    steps: { figure: 'learningRate', label: 'rate', isNoisy: false },
  },
  {
    name: 'gradient-norm',
    title: 'Gradient norm',
    steps: { figure: 'gradientNorm', label: 'norm', isNoisy: true },
  },
];

/** Whether the chart of losses shows roots, which then are the RMSE. */
export const areRooted = (runs: readonly Run[]): boolean => runs.length > 0 && runs.every(isRooted);

/** The charts of runs. The root of the loss is the RMSE, which needs no chart of its own. */
export const figuresOf = (runs: readonly Run[]): readonly Figure[] =>
  areRooted(runs)
    ? figures
        .filter(({ name }) => name !== 'rmse')
        .map((figure) => (figure.name === 'loss' ? { ...figure, title: 'RMSE' } : figure))
    : figures;

/** A line of a chart. */
export interface Curve {
  readonly run: Run;
  readonly label: string;
  readonly dash: readonly number[]; // none for steps, so that training and validation differ without colours
  readonly isFaint: boolean; // drawn in a light colour, behind the smoothed curve
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

const DASHES = [
  [7, 4],
  [2, 3],
];

/** The lines of a figure. Values that the scale cannot show are left out, and so are lines without a value. */
export function curvesOf(
  { name, isShare = false, steps, epochs = [] }: Figure,
  runs: readonly Run[],
  { by, log, smoothing }: { readonly by: 'step' | 'epoch'; readonly log: boolean; readonly smoothing: number },
): Curve[] {
  const isLog = log && !isShare;
  const takesRoots = name === 'loss' && areRooted(runs);
  const curves = runs.flatMap((run): Curve[] => {
    const scale = by === 'epoch' ? 1 / (run.facts.stepsPerEpoch ?? 1) : 1;
    const own: Curve[] = [];
    const add = (
      rest: Pick<Curve, 'label' | 'dash' | 'isFaint'>,
      rows: readonly { readonly step: number }[],
      y: Curve['y'],
    ) => {
      const shown = takesRoots ? y.map((value) => (value === null ? null : Math.sqrt(value))) : y;
      own.push({ run, ...rest, x: rows.map(({ step }) => step * scale), y: shown });
    };
    if (steps !== undefined) {
      const { figure, label, isNoisy } = steps;
      const isSmooth = isNoisy && smoothing > 0;
      const values = run.steps.map((row) => row[figure]);
      add({ label, dash: [], isFaint: isSmooth }, run.steps, values);
      if (isSmooth)
        add({ label: `${label}, smoothed`, dash: [], isFaint: false }, run.steps, smooth(values, smoothing));
    }
    for (const [k, { figure, label }] of epochs.entries()) {
      const rows = run.epochs.filter((row) => typeof row[figure] === 'number');
      const values = rows.map((row) => (row[figure] ?? 0) * (isShare ? 100 : 1));
      add({ label, dash: DASHES[k], isFaint: false }, rows, values);
    }
    return own;
  });
  return curves
    .map((curve) => ({ ...curve, y: curve.y.map((value) => (isLog && value !== null && value <= 0 ? null : value)) }))
    .filter(({ y }) => y.some((value) => value !== null));
}

/** Exponential moving average, corrected for its start from 0. */
function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let sum = 0;
  let total = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    total = weight * total + 1 - weight;
    return sum / total;
  });
}

/** A value in a few digits. */
export function formatFigure(value: number, isShare = false): string {
  if (isShare) return `${value.toFixed(2)} %`;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace(/\.?0{1,2}e/, 'e');
  return Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 7 });
}
