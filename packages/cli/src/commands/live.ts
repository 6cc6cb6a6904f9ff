import type { Command } from './command.ts';

export const live: Command = {
  describe: 'Show runs on a page while they train',
  usage: '[<run or folder of runs> ...] [options]',
  examples: [
    ['live', 'all runs in the folder runs, and new ones as they begin'],
    ['live runs/mnist-1 runs/mnist-2', 'two runs, with the options that differ'],
    ['live --port 8080', 'on a port of your choice, such as one that ssh forwards'],
  ],
  epilogue:
    'The page follows the files of the runs, whichever processes write them, and shows finished ones beside them. ' +
    'Only this machine reaches it, with the address that is printed. train --live shows its own run in the same way.',
  options: async () => (await import('./live/options.ts')).liveOptions,
  run: async (request, io) => (await import('./live/run-live.ts')).runLive(request, io),
};
