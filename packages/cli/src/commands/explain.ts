import type { Command } from './command.ts';

export const explain: Command = {
  describe: 'Show which columns a model needs: how much worse it gets when a column is shuffled',
  usage: '<model or run> [options]',
  examples: [
    ['explain runs/churn', 'on the test set of the run'],
    ['explain runs/churn --metric roc-auc --repeats 20', 'another metric, and more repeats'],
    ['explain model.gradloom --dataset churn.csv --out why', 'on your own rows, with a page of pictures'],
  ],
  epilogue:
    'This is permutation importance. If two columns hold the same information, each gets little: the model still reads the other. ' +
    'It is about this model, not about causes in the world.',
  options: async () => (await import('./explain/options.ts')).explainOptions,
  run: async (request, io) => (await import('./explain/run-explain.ts')).runExplain(request, io),
};
