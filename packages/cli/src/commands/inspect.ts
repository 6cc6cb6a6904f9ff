import type { Command } from './command.ts';

export const inspect: Command = {
  describe: 'Show what is in a model or checkpoint, or how two differ',
  usage: '<file or run, or --network> [options]',
  examples: [
    ['inspect runs/mnist-1', 'the model of a run: network, options, every layer and tensor'],
    ['inspect runs/mnist-1/last.gradloom', 'its newest checkpoint: also its progress and the optimizer'],
    ['inspect runs/mnist-1 --diff runs/mnist-2', 'where the options and weights of two runs differ'],
    ['inspect --network resnet20 --input 32x32x3', 'the layers of a known network'],
  ],
  epilogue: 'Nothing is trained, and nothing in the file is executed.',
  options: async () => (await import('./inspect/options.ts')).inspectOptions,
  run: async (request, io) => (await import('./inspect/run-inspect.ts')).runInspect(request, io),
};
