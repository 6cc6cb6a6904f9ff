import type { Command } from './command.ts';

export const inspect: Command = {
  describe: 'Show what is in a model or checkpoint, or how two differ',
  usage: '<file or run> [options]',
  examples: [
    ['inspect runs/mnist-1', 'the model of a run: network, options, each tensor'],
    ['inspect runs/mnist-1/last.gradloom', 'its newest checkpoint: also how far it had come, and the optimizer'],
    ['inspect runs/mnist-1 --diff runs/mnist-2', 'the options and weights in which two differ'],
  ],
  epilogue: 'Nothing is trained, and no code in a file is ever run.',
  options: async () => (await import('../inspect/options.ts')).inspectOptions,
  run: async (request, io) => (await import('../inspect/run-inspect.ts')).runInspect(request, io),
};
