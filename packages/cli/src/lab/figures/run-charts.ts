/** Figures of one of several targets that charts show. */
interface TargetLine {
  readonly accuracy?: number | null | undefined;
  readonly f1?: number | null | undefined; // of the second of two classes
  readonly rmse?: number | null | undefined;
}

/** Figures of an epoch that charts show. One that does not apply is NaN, null or absent. */
export type ChartLine = {
  readonly [Figure in
    | 'trainAccuracy'
    | `validation${'Loss' | 'Accuracy' | 'Rmse' | 'Perplexity'}`
    | `test${'Loss' | 'Accuracy'}`]?: number | null | undefined;
} & {
  readonly [Figure in `${'validation' | 'test'}Targets`]?: Readonly<Record<string, TargetLine>> | undefined;
};

type ReadFigure = (line: ChartLine) => number | null | undefined;

/** A chart of training runs, on the live page and in reports. */
export interface RunChart {
  readonly name: string; // differs from those of the other charts
  readonly kind: RunChartKind;
  readonly label: string; // of the vertical axis
  readonly isShare?: boolean; // shown in percent, never on a logarithmic scale
  readonly isF1?: boolean; // the share is F1 rather than accuracy
  readonly steps?: {
    readonly figure: 'loss' | 'learningRate' | 'gradientNorm';
    readonly label: string;
    readonly isNoisy: boolean;
  };
  readonly training?: ReadFigure; // on the live page alone
  readonly validation?: ReadFigure;
  readonly test?: ReadFigure;
}

/** Every chart of a run with one target, from top to bottom. */
const runCharts = [
  {
    kind: 'loss',
    label: 'loss',
    steps: { figure: 'loss', label: 'training', isNoisy: true },
    validation: ({ validationLoss }) => validationLoss,
    test: ({ testLoss }) => testLoss,
  },
  {
    kind: 'accuracy',
    label: 'accuracy',
    isShare: true,
    training: ({ trainAccuracy }) => trainAccuracy,
    validation: ({ validationAccuracy }) => validationAccuracy,
    test: ({ testAccuracy }) => testAccuracy,
  },
  { kind: 'rmse', label: 'RMSE', validation: ({ validationRmse }) => validationRmse },
  { kind: 'perplexity', label: 'perplexity', validation: ({ validationPerplexity }) => validationPerplexity },
  { kind: 'learning-rate', label: 'learning rate', steps: { figure: 'learningRate', label: 'rate', isNoisy: false } },
  { kind: 'gradient-norm', label: 'gradient norm', steps: { figure: 'gradientNorm', label: 'norm', isNoisy: true } },
] as const satisfies readonly Omit<RunChart, 'name'>[];

export type RunChartKind = 'loss' | 'accuracy' | 'rmse' | 'perplexity' | 'learning-rate' | 'gradient-norm';

/** Maximum number of targets that have a chart of their own. */
const MAX_CHARTS = 16;

/**
 * The charts of runs with these epochs, with one for each of several targets. `isRooted`: losses are shown as their
 * roots, the RMSE, which then needs no chart of its own.
 */
export function chartsOf(isRooted: boolean, lines: readonly ChartLine[]): readonly RunChart[] {
  return runCharts.flatMap((chart): RunChart[] => {
    const namedChart: RunChart = { ...chart, name: chart.kind };
    if (chart.kind === 'loss')
      return [isRooted ? { ...namedChart, label: 'RMSE' } : namedChart, ...targetCharts(lines)];
    return isRooted && chart.kind === 'rmse' ? [] : [namedChart];
  });
}

const figureNames = { f1: 'F1', accuracy: 'accuracy', rmse: 'RMSE' } as const;

/** A chart of each of several targets: of its F1, of its accuracy if it has none, or of its RMSE. */
function targetCharts(lines: readonly ChartLine[]): RunChart[] {
  const figures = lines.flatMap(({ validationTargets = {}, testTargets = {} }) => [validationTargets, testTargets]);
  const names = [...new Set(figures.flatMap((targetFigures) => Object.keys(targetFigures)))];
  const hasFigure = (value: number | null | undefined) => value !== null && value !== undefined && !Number.isNaN(value);
  return names.slice(0, MAX_CHARTS).flatMap((target, k) =>
    (['accuracy', 'rmse'] as const).flatMap((kind): RunChart[] => {
      const has = (name: keyof TargetLine) => figures.some(({ [target]: line }) => hasFigure(line?.[name]));
      if (!has(kind)) return [];
      // Where most rows lack a label, accuracy is high without any answer that has it.
      const figure = kind === 'accuracy' && has('f1') ? 'f1' : kind;
      const label = `${figureNames[figure]} of ${target}`;
      return [
        {
          name: pictureNameOf(figure, target, k),
          kind,
          label,
          isShare: kind === 'accuracy',
          isF1: figure === 'f1',
          validation: ({ validationTargets }) => validationTargets?.[target]?.[figure],
          test: ({ testTargets }) => testTargets?.[target]?.[figure],
        },
      ];
    }),
  );
}

/** The name of a picture of the k-th of several targets, such as 'confusion-2-buys'. */
export const pictureNameOf = (name: string, target: string, k: number): string =>
  `${name}-${k + 1}-${target.slice(0, 40).replaceAll(/[^\w-]+/g, '-')}`;
