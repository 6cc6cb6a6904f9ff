import type { Command } from './command.ts';

export const verify: Command = {
  describe: 'Check that the files of a run are undamaged and belong together',
  usage: '<run> [options]',
  examples: [
    ['verify runs/mnist-1', 'every file, and what is wrong with it'],
    ['verify runs/mnist-1 --json', 'the same for a script'],
    ['verify numbers', 'the files that experiment or scale wrote with --out numbers'],
  ],
  epilogue: 'The exit code is 1 if a file is damaged, missing or from another run. Nothing is written.',
  options: async () => (await import('./verify/options.ts')).verifyOptions,
  run: async (request, io) => (await import('./verify/run-verify.ts')).runVerify(request, io),
};
