import { show } from '@gradloom/core/internal';

/** Returns the path. @throws Error if it is invalid, since Node's messages do not name the option. */
export function checkPath(where: string, path: unknown, name = 'path'): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
  throw new Error(`${where}: ${name} has ${show(path)}, expected a text that is the path of a file or folder`);
}

/** The current directory; '' if it was removed, when only absolute paths are valid. */
export function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}
