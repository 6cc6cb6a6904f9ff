/** Flags that say what else to measure and where to show it; those with a value are followed by it. */
const OWN = { '--ranks': true, '--model-cores': true, '--out': true, '--json': false } as const;

/** The words of a command line that say what to train and how long, for ranks that measure it. */
export function argumentsOfRanks(args: readonly string[]): string[] {
  const kept: string[] = [];
  for (let k = 0; k < args.length; k++) {
    const [flag] = args[k].split('=', 1);
    if (!Object.hasOwn(OWN, flag)) kept.push(args[k]);
    else if (OWN[flag as keyof typeof OWN] && flag === args[k]) k++;
  }
  return [...kept, '--cluster', 'mpi', '--json'];
}
