import type { Command } from './command.ts';

export const playground: Command = {
  describe: 'Train in the browser, on a page to play with',
  usage: '[options]',
  examples: [
    ['playground', 'points of a plane, drawn or made up, and digits to draw'],
    ['playground --model runs/mnist-1', 'a model of your own reads the digits'],
    ['playground --out site', 'the same page as files, for any web server'],
  ],
  epilogue:
    'The page trains in threads of the browser, and shows the command that comes to the same bits in a terminal. ' +
    'Only this machine reaches it, with the address that is printed.',
  options: async () => (await import('./playground/options.ts')).playgroundOptions,
  run: async (request, io) => (await import('./playground/run-playground.ts')).runPlayground(request, io),
};
