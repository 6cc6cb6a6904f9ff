import type { Command } from './command.ts';

export const predict: Command = {
  describe: 'Run rows through a trained model',
  usage: '<model or run> [file] [options]',
  examples: [
    ['predict runs/mnist-1 --dataset mnist --rows 0..9', 'the first ten rows of the test set'],
    ["predict runs/xor-1 --json <<< '[0, 1]'", 'a row on standard input'],
    ['predict model.gradloom rows.jsonl', 'a file with an array of numbers a line'],
  ],
  epilogue:
    'A row is a JSON array with a number for each input of the network, scaled as in training (bytes of MNIST: divided by 255).',
  options: async () => (await import('../predict/options.ts')).predictOptions,
  run: async (request, io) => (await import('../predict/run-predict.ts')).runPredict(request, io),
};
