import { show } from '@gradloom/core/internal';

/**
 * The path, if it can be one.
 * @throws Error otherwise: Node's own words name no place, and no path is "undefined" by chance.
 */
export function checkPath(where: string, path: unknown, name = 'path'): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
  throw new Error(`${where}: ${name} has ${show(path)}, expected a text that is the path of a file or folder`);
}
