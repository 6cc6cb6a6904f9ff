import type { Command } from './command.ts';

export const evaluate: Command = {
  describe: 'Measure a trained model on a dataset',
  usage: '<model or run> [options]',
  examples: [
    ['evaluate runs/mnist-1', 'on the test set of the run'],
    ['evaluate runs/mnist-1 --split train --json', 'on the rows it was trained on'],
    ['evaluate model.gradloom --dataset ./digits', 'on your own rows'],
  ],
  epilogue: 'A run is a directory that train wrote. A model is a file such as model.gradloom in it.',
  options: async () => (await import('./evaluate/options.ts')).evaluateOptions,
  run: async (request, io) => (await import('./evaluate/run-evaluate.ts')).runEvaluate(request, io),
};
