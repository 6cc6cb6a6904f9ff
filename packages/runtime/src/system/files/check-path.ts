import { show } from '@gradloom/core/internal';

/**
 * The path, if it is valid.
 * @throws Error otherwise, since the messages of Node name no place.
 */
export function checkPath(where: string, path: unknown, name = 'path'): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
  throw new Error(`${where}: ${name} has ${show(path)}, expected a text that is the path of a file or folder`);
}

/** '' if it was removed: only absolute paths are valid then. */
export function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}
