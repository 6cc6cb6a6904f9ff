import type { Command } from './command.ts';

export const generate: Command = {
  describe: 'Write text, or draw images and rows, with a trained model',
  usage: '<model or run> [images.png] [options]',
  examples: [
    ['generate runs/input.txt-1 --prompt First', 'goes on after a prompt'],
    ['generate runs/input.txt-1 --tokens 1000 --top-k 40 --seed 1', 'more text, of likelier tokens'],
    ['generate runs/names.txt-1 --samples 20', 'lines of a model of lines'],
    ['generate runs/mnist-1 digits.png --samples 100', 'images of a variational autoencoder'],
  ],
  epilogue:
    'Prints the prompt and what follows it, as it is written. The same options write the same text on every machine. ' +
    'The model reads at most as many tokens as its context has; then the last half of them becomes a new beginning. ' +
    'Of a network with a layer gaussian, the decoder makes rows of numbers drawn from the normal distribution: images ' +
    'in a file, or lines of CSV.',
  options: async () => (await import('./generate/options.ts')).generateFlags,
  run: async (request, io) => (await import('./generate/run-generate.ts')).runGenerate(request, io),
};
