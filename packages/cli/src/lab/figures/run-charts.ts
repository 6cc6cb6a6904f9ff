/** A chart of training runs, on the live page and in reports. */
export interface RunChart {
  readonly name: string;
  readonly label: string; // of the vertical axis
  readonly isShare?: boolean; // shown in percent, never on a logarithmic scale
  readonly steps?: {
    readonly figure: 'loss' | 'learningRate' | 'gradientNorm';
    readonly label: string;
    readonly isNoisy: boolean;
  };
  readonly validation?: `validation${'Loss' | 'Accuracy' | 'Rmse' | 'Perplexity'}`; // figures of epochs
  readonly test?: `test${'Loss' | 'Accuracy'}`;
}

/** Every chart, from top to bottom. */
const runCharts = [
  {
    name: 'loss',
    label: 'loss',
    steps: { figure: 'loss', label: 'training', isNoisy: true },
    validation: 'validationLoss',
    test: 'testLoss',
  },
  { name: 'accuracy', label: 'accuracy', isShare: true, validation: 'validationAccuracy', test: 'testAccuracy' },
  { name: 'rmse', label: 'RMSE', validation: 'validationRmse' },
  { name: 'perplexity', label: 'perplexity', validation: 'validationPerplexity' },
  { name: 'learning-rate', label: 'learning rate', steps: { figure: 'learningRate', label: 'rate', isNoisy: false } },
  { name: 'gradient-norm', label: 'gradient norm', steps: { figure: 'gradientNorm', label: 'norm', isNoisy: true } },
] as const satisfies readonly RunChart[];

export type RunChartName = (typeof runCharts)[number]['name'];

/** The charts of runs. `isRooted`: losses are shown as their roots, the RMSE, which then needs no chart of its own. */
export const chartsOf = (isRooted: boolean): readonly (RunChart & { readonly name: RunChartName })[] =>
  isRooted
    ? runCharts.flatMap((chart) =>
        chart.name === 'rmse' ? [] : [chart.name === 'loss' ? { ...chart, label: 'RMSE' } : chart],
      )
    : runCharts;
