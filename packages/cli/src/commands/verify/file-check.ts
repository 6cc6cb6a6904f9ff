import { withoutPlace } from '../../terminal/failure.ts';

/** Result of the check of one file. */
export interface FileCheck {
  readonly name: string;
  readonly about: string; // short description of its content
  readonly notes: readonly string[]; // remarks that are not faults, such as half a line after a crash
  readonly faults: readonly string[];
}

/** A check in progress. */
export interface OpenCheck extends FileCheck {
  about: string;
  readonly notes: string[];
  readonly faults: string[];
}

export const openCheck = (name: string): OpenCheck => ({ name, about: '', notes: [], faults: [] });

/**
 * The result of `read`; if it throws, null and a fault. Faults do not repeat `path`, since the name of the file
 * precedes them.
 */
export function reading<T>(check: OpenCheck, path: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const message = withoutPlace(error);
    check.faults.push(message.startsWith(`${path} `) ? message.slice(path.length + 1) : message);
    return null;
  }
}
