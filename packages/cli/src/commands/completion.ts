import type { Command } from './command.ts';

export const completion: Command = {
  describe: 'Print a completion script for bash, zsh or fish',
  usage: '[bash, zsh or fish]',
  examples: [
    ['completion bash >> ~/.bashrc', 'for bash'],
    ['completion zsh >> ~/.zshrc', 'for zsh, after the line with compinit'],
    ['completion fish > ~/.config/fish/completions/gradloom.fish', 'for fish'],
  ],
  epilogue: 'Without an argument, the script is for the shell named in SHELL, or for bash.',
  options: async () => (await import('./completion/options.ts')).completionOptions,
  run: async (request, io) => (await import('./completion/run-completion.ts')).runCompletion(request, io),
};
