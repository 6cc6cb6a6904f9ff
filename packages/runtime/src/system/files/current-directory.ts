/** '' if it was removed: only absolute paths are valid then. */
export function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}
