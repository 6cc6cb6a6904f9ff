/** '' where it has been removed: only a path from the root has a meaning then. */
export function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}
