/** A word quoted for a shell: a POSIX one, or on Windows, where paths have backslashes, cmd and PowerShell. */
export function quote(word: string, platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'win32') return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
  if (/^[\w@+=:,./\\-]+$/.test(word)) return word;
  // Programs on Windows keep backslashes unchanged, unless a double quote follows.
  const escapedWord = word.replace(/\\+|"/g, (part, offset: number) => {
    if (part === '"') return '\\"';
    return [undefined, '"'].includes(word[offset + part.length]) ? part + part : part;
  });
  return `"${escapedWord}"`;
}

/** A command line as typed, without output options: it repeats the same computation. */
export function commandOf(args: readonly string[]): string {
  const words = args.filter((arg, k) => !/^--(out(=.*)?|json|verbose)$/s.test(arg) && args[k - 1] !== '--out');
  return ['gradloom', ...words.map((word) => quote(word))].join(' ');
}
