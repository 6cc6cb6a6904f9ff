/** Shells that yargs has a script for. */
export const shells = { bash: true, zsh: true, fish: true };
