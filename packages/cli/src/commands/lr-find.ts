import type { Command } from './command.ts';

export const lrFind: Command = {
  describe: 'Find a learning rate: train some steps while the rate rises, and see where the loss falls fastest',
  usage: '--dataset <name or path> [options]',
  examples: [
    ['lr-find --dataset mnist', 'a rate for the default network'],
    ['lr-find --dataset mnist --optimizer sgd --from 1e-3 --to 100', 'another optimizer, over other rates'],
    ['lr-find --dataset spirals --out rates', 'the figures and the picture, in a directory'],
  ],
  epilogue:
    'It takes the options of train that describe the data, the network and the step, and keeps none of the weights that it trains. ' +
    'The suggestion is a start for train, not an optimum: it holds for this batch size and optimizer.',
  options: async () => (await import('./lr-find/options.ts')).lrFindOptions,
  run: async (request, io) => (await import('./lr-find/run-lr-find.ts')).runLrFind(request, io),
};
