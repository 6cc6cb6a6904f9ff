import type { Command } from './command.ts';

export const explain: Command = {
  describe: 'Show which columns or tokens a model needs, or where in images it looks',
  usage: '<model or run> [options]',
  examples: [
    ['explain runs/churn', 'on the test set of the run'],
    ['explain runs/churn --metric roc-auc --repeats 20', 'another metric, and more repeats'],
    ['explain model.gradloom --dataset churn.csv --out why', 'on your own rows, with a page of pictures'],
    ['explain runs/mnist-1 --out why', 'test images, and beside each the pixels that its answer depends on'],
  ],
  epilogue:
    'Columns have permutation importance: how much worse the model gets when a column is shuffled. If two columns hold the same information, each gets little: the model still reads the other. ' +
    "Images have SmoothGrad: the gradient of the answered class's output by the pixels, a mean over noisy copies, computed in one thread. " +
    'Texts have gradient times input: by how much the log probability of the answer after the last token would fall, to first order, without the vector of a token. ' +
    'All are about this model, not about causes in the world.',
  options: async () => (await import('./explain/options.ts')).explainOptions,
  run: async (request, io) => (await import('./explain/run-explain.ts')).runExplain(request, io),
};
