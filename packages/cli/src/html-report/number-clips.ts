/** Plot counts its clip paths through a process: numbered by their place, a file is the same whenever it is written. */
export function numberClips(markup: string): string {
  const numbers = new Map<string, number>();
  return markup.replaceAll(/plot-clip-(\d+)/g, (_, id: string) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size + 1);
    return `plot-clip-${numbers.get(id)}`;
  });
}
