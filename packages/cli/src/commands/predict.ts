import type { Command } from './command.ts';

export const predict: Command = {
  describe: 'Predict rows with a trained model',
  usage: '<model or run> [file] [options]',
  examples: [
    ['predict runs/mnist-1 --dataset mnist --rows 0..9', 'the first ten rows of the test set'],
    ["predict runs/xor-1 --json <<< '[0, 1]'", 'one row from standard input'],
    ['predict model.gradloom rows.jsonl', 'a file with one JSON array per line'],
  ],
  epilogue:
    'A row is a JSON array with one number per input of the network, scaled as in training (MNIST: bytes divided by 255).',
  options: async () => (await import('../predict/options.ts')).predictOptions,
  run: async (request, io) => (await import('../predict/run-predict.ts')).runPredict(request, io),
};
