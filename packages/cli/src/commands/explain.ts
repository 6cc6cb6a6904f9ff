import type { Command } from './command.ts';

export const explain: Command = {
  describe: 'Say which columns a model needs: how much worse it gets when a column is shuffled',
  usage: '<model or run> [options]',
  examples: [
    ['explain runs/churn', 'on the test set of the run'],
    ['explain runs/churn --metric roc-auc --repeats 20', 'by another figure, to a closer mean'],
    ['explain model.gradloom --dataset churn.csv --out why', 'on your own rows, with a page of pictures'],
  ],
  epilogue:
    'This is permutation importance. Of two columns that say the same, each has little: the model still reads the other. ' +
    'It is about this model, not about causes in the world.',
  options: async () => (await import('./explain/options.ts')).explainOptions,
  run: async (request, io) => (await import('./explain/run-explain.ts')).runExplain(request, io),
};
